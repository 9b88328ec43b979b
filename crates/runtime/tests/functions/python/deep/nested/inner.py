from deep.nested import near


def handler(event, context):
    return {"near": near.word, "name": __name__}
