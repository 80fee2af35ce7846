"""A stock Pyro daemon that takes objects, calls them, and gives them back: prints READY and the location."""

import threading

from generation import IS_PYRO4, api, callcontext, config, core

config.SERVERTYPE = "thread"
config.COMMTIMEOUT = 20


@api.expose
class Desk:
    def __init__(self, name):
        self._name = name

    def speak(self, text):
        return f"{self._name} says {text}"

    def close(self):
        self._pyroDaemon.unregister(self)


@api.expose
class Office:
    def speak(self, desk, text):
        assert isinstance(desk, api.Proxy), type(desk)
        with desk:
            return desk.speak(text)

    def speakAll(self, desks, named):
        answers = []
        for desk in list(desks) + [named[name] for name in sorted(named)]:
            with desk:
                answers.append(desk.speak("all"))
        return answers

    def fail(self, desk):
        try:
            with desk:
                desk.fail()
        except KeyError as error:
            return f"KeyError {error}"
        return "no error"

    def hire(self, name):
        desk = Desk(name)
        self._pyroDaemon.register(desk)
        return desk

    def hireMany(self, count):
        desks = [Desk(f"many{number}") for number in range(count)]
        for desk in desks:
            self._pyroDaemon.register(desk)
        return {"desks": desks}

    def passOn(self, desk):
        return desk

    def place(self):
        return core.URI("PYRO:desk@localhost:1234")

    def chain(self, desk):
        with desk:
            return [str(callcontext.current_context.correlation_id), desk.chain()]

    def later(self, desk, text):
        """Calls back from a thread of its own, after the call has returned."""

        def work():
            if not IS_PYRO4:  # whose proxies belong to no thread
                desk._pyroClaimOwnership()
            with desk:
                desk.speak(text)

        threading.Thread(target=work, daemon=True).start()


daemon = api.Daemon(host="127.0.0.1", port=0)
daemon.register(Office(), "office")
print("READY", daemon.locationStr, flush=True)
daemon.requestLoop()
