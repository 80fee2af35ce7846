"""Visits the warehouse with plain Pyro5: nothing here knows of Lantern. Prints what each kind of call did."""

import Pyro5.api

warehouse = Pyro5.api.Proxy("PYRONAME:example.warehouse")
print("attribute", warehouse.name, sep="\t")
print("plain call", " ".join(warehouse.list()), sep="\t")
warehouse.store(item="stove", by="python")
print("labelled arguments", "stored the stove", sep="\t")
try:
    warehouse.take("moon", by="python")
    print("error", "none came", sep="\t")
except RuntimeError as error:
    print("error", f"RuntimeError: {error}", sep="\t")
warehouse.log("python says hello")
print("one-way", "sent", sep="\t")

batch = Pyro5.api.BatchProxy(warehouse)
batch.store("desk", by="python")
batch.take("lamp", "python")
batch.list()
*_, items = batch()
print("batch", " ".join(items), sep="\t")
print("item stream", "; ".join(warehouse.changes()), sep="\t")
