one:
  two: [
