"""An ordinary Pyro5 client that should not get in: knock.py URI."""

import sys

import Pyro5.api
import Pyro5.errors

try:
    with Pyro5.api.Proxy(sys.argv[1]) as warehouse:
        print("GOT IN:", warehouse.list())
except Pyro5.errors.PyroError as error:
    print("refused:", " ".join(str(error).split()))
