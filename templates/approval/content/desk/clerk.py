"""What the steps of both workflows call. Each does its part once for an expense, however often it is called."""
import json

import bucket


def handler(event, context):
    asked = json.loads(event)
    ways = {"ask": ask, "pay": pay, "refuse": refuse, "waiting": waiting, "remind": remind}
    return ways[asked.pop("do")](**asked)


def ask(expense, who, token):
    """Keeps the token for whoever answers: see index.py."""
    bucket.write("waiting/" + expense["id"], {"id": expense["id"], "who": who, "token": token})
    return note(expense, state="waits for the " + who)


def pay(expense, by):
    # This is the place to tell the bank. The object is what makes it happen once.
    bucket.claim("payments/" + expense["id"], {"to": expense["who"], "amount": expense["amount"], "by": by})
    return end(expense, state="paid", by=by)


def refuse(expense, why):
    return end(expense, state="refused", why=why)


def waiting():
    found = [bucket.read(key) for key in bucket.keys("waiting/")]
    return {"waiting": [{"id": one["id"], "who": one["who"]} for one in found if one]}


def remind(id, who, day):
    # This is the place to send a mail.
    if bucket.claim("reminders/%s/%s" % (id, day), {"to": who}):
        print("a letter to the %s: expense %s waits for you" % (who, id))
    return {"reminded": who}


def end(expense, **news):
    bucket.remove("waiting/" + expense["id"])
    return note(expense, **news)


def note(expense, **news):
    known = bucket.read("expenses/" + expense["id"]) or expense
    bucket.write("expenses/" + expense["id"], {**known, **news})
    return news
