"""Runs the Python examples of a page of the documentation against a server.

Usage: documented.py PAGE URL
Where a line of an example ends in `# VALUE`, it must have that value.
"""

import ast
import re
import sys


def run(example, number):
    names = {}
    lines = example.splitlines()
    for statement in ast.parse(example).body:
        code = ast.Module([statement], [])
        if not isinstance(statement, ast.Expr):
            exec(compile(code, f"example {number}", "exec"), names)
            continue
        value = eval(compile(ast.Expression(statement.value), f"example {number}", "eval"), names)
        said = re.search(r"#\s*(\S.*)$", lines[statement.end_lineno - 1])
        if said:
            assert value == ast.literal_eval(said[1]), (value, said[1])
        if isinstance(value, tuple):
            assert all(value), value


def main(page, url):
    with open(page, encoding="utf-8") as file:
        examples = re.findall(r"^```python\n(.*?)^```", file.read(), re.MULTILINE | re.DOTALL)
    assert examples, page
    for number, example in enumerate(examples, 1):
        run(example.replace("http://localhost:7700", url), number)
    print(f"{len(examples)} examples of {page.rsplit('/', 1)[-1]} do what they say")


if __name__ == "__main__":
    main(*sys.argv[1:])
