include:
  - not.there
