// Ice's settings for both ends: mutual TLS 1.3 from a lantern home, nothing closed for being idle.
#pragma once

#include <Ice/Ice.h>

#include "peer.hpp"

inline Ice::InitializationData iceSettings(const std::string &home) {
    Ice::InitializationData data;
    data.properties = Ice::createProperties();
    const std::pair<const char *, std::string> settings[] = {
        {"Ice.Plugin.IceSSL", "IceSSL:createIceSSL"},
        {"IceSSL.DefaultDir", home},
        {"IceSSL.CAs", "trust/roots.pem"},
        {"IceSSL.CertFile", "identity/cert.pem"},
        {"IceSSL.KeyFile", "identity/key.pem"},
        {"IceSSL.Protocols", "TLS1_3"},
        {"IceSSL.VerifyPeer", "2"},  // both ends must show a certificate of the authority
        {"Ice.MessageSizeMax", "8192"},
        {"Ice.ACM.Close", "0"},
        {"Ice.ACM.Heartbeat", "0"},
    };
    for (auto &[name, value] : settings) data.properties->setProperty(name, value);
    return data;
}

// The address is wrapped in what the endpoint adds to it: TLS.
inline int portOf(std::shared_ptr<Ice::EndpointInfo> info) {
    for (; info; info = info->underlying)
        if (auto address = std::dynamic_pointer_cast<Ice::IPEndpointInfo>(info)) return address->port;
    throw std::runtime_error("the endpoint has no port");
}
