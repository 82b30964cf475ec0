word: from pillar
role: web
nothing: null
empty: ''
number: 7
zero: 0
flags: [a, b, 3]
pkg:
  apache: httpd
  ports: [80, 443]
  deep:
    er: true
'123': digits
