"""Holds a resource of Lantern's desk until it is killed: hold.py DESK."""

import sys
import time

import Pyro5.api

with Pyro5.api.Proxy(sys.argv[1]) as desk:
    desk.hold("python")
    print("READY", "held", flush=True)
    time.sleep(60)
