"""Classes of a program of the user's own, known to both sides by name."""

from Pyro5.api import register_class_to_dict, register_dict_to_class


class Order:
    def __init__(self, number, item):
        self.number = number
        self.item = item


class OutOfStock(Exception):
    pass


def order_to_dict(order):
    return {"__class__": "shop.Order", "number": order.number, "item": order.item}


def dict_to_order(name, members):
    assert name == "shop.Order"
    return Order(members["number"], members["item"])


def dict_to_error(name, members):
    assert name == "shop.OutOfStock" and members["__exception__"]
    error = OutOfStock(*members["args"])
    for key, value in members["attributes"].items():
        setattr(error, key, value)
    return error


def register():
    register_class_to_dict(Order, order_to_dict)
    register_dict_to_class("shop.Order", dict_to_order)
    register_dict_to_class("shop.OutOfStock", dict_to_error)
