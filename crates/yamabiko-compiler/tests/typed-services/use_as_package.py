"""Imports modules with relative imports from below a package, and uses them."""

import importlib
import pickle
import sys

for name in sys.argv[1:]:
    importlib.import_module(name)
hello = sys.modules["outer.inner.hello_pb2"]
word = sys.modules["outer.inner.sub.word_pb2"]
assert "hello_pb2" not in sys.modules, "an import was absolute"
request = hello.Request(name="x")
assert type(request).__module__ == "outer.inner.hello_pb2", type(request).__module__
assert pickle.loads(pickle.dumps(request)) == request
assert pickle.loads(pickle.dumps(word.Word.Letter(letter="x"))).letter == "x"
stamped = sys.modules["outer.inner.sub.up_pb2"].Up(word=word.Word(text="y"))
stamped.at.GetCurrentTime()
assert stamped.request.name == ""
