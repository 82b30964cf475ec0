def hello(name="you"):
    return "hello " + name
