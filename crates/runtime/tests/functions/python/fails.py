def connect():
    raise RuntimeError("no database")


connect()
