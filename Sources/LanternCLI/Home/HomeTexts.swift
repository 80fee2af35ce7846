import LanternTrust

/// The files of a new lantern home that people edit.
enum HomeTexts {
    static func policy(for identity: SPIFFEID) -> String {
        """
        # Who may call what. Deny rules win; what no rule allows is refused.
        # '*' stands for any run of characters. Object ids are the names that services register under.
        # `lantern check-config` reads this file and says what is wrong with it.
        version: 1
        rules:
          # This home's own identity may do everything: right for one laptop, too much for several hosts.
          - allow: ["\(identity)"]
            objects: ["*"]
            methods: ["*"]

          # What a name server lets its clients do:
          # - allow: ["spiffe://\(identity.trustDomain)/client/*"]
          #   objects: ["Pyro.NameServer", "Lantern.NameServer"]
          #   methods: ["ping", "lookup", "list", "yplookup", "find", "watch"]
          # and its services, each under its own names:
          # - allow: ["spiffe://\(identity.trustDomain)/svc/shop"]
          #   objects: ["Pyro.NameServer", "Lantern.NameServer"]
          #   methods: ["register", "remove", "set_metadata", "setMetadata", "grant", "renew", "release"]
          #   names: ["shop.*"]

        """
    }

    static let settings = """
        # Every line may be left out; what stands here commented is the default.

        # Where a service listens; port 0 takes a free one. `lantern ns` takes 9090 where 0 stands.
        listen:
          host: localhost
          port: 0
          # published-host: svc.example.org     # what URIs name, when peers reach this host by another name

        # Where services and clients look for the name server. Without host and port it is found by DNS or broadcast,
        # where that is set up.
        name-server:
          host: localhost
          port: 9090
          # identity: "spiffe://lantern.local/ns"   # only this one is believed; * stands for any characters

        # proxies:
        #   serializer: msgpack                 # or serpent, json, marshal
        #   timeout: 30                         # seconds, connecting included
        #   connect-timeout: 10
        #   retries: 0
        #   generation: automatic               # or pyro5, pyro4

        # limits:
        #   connections: 10000
        #   handlers: 4096
        #   message-size: 67108864
        #   handshake-timeout: 10
        #   drain-timeout: 10

        """
}
