"""Failures on purpose: an order may say which step fails, and how. Take it out when you have seen enough."""
import bucket


def rehearse(order, step):
    """`busy: {Ship: 2}` makes a step fail twice for a moment, `fail: {Ship: Broken}` for good, under that name."""
    for number in range(int(order.get("busy", {}).get(step, 0))):
        if bucket.claim("tries/%s/%s/%d" % (order["id"], step, number), {}):
            raise error("Busy", "%s is busy for a moment" % step)
    name = order.get("fail", {}).get(step)
    if name:
        raise error(name, "%s fails, as the order asked" % step)


def error(name, message):
    """An error under a name that the flow can tell apart."""
    return type(name, (Exception,), {})(message)
