"""Expected replies: parsing of the lines below a command, and the comparison with what came.

Wildcards, each in the place of one value:
  (~any)            any value, with all below it
  (~rest)           any number of further values on this level, up to those that stand behind it
  (~int 5..10)      an integer within the bounds; either may be missing
  (~double 1..2)    likewise
  (~match "a*b")    any one-line value whose printed form, without the quotes of a string, fits the glob
  (~unordered ...)  the children in any order; for a RESP2 array of pairs write (~pairs array N)
In a map the wildcard stands to the right of `=>`.
"""

import re

from harness.resp import Node


def parse(lines):
    """The nodes that indented lines describe."""
    root = Node("")
    stack = [(-1, root)]
    for line in lines:
        depth = (len(line) - len(line.lstrip(" "))) // 2
        node = Node(line.strip(" "))
        while stack[-1][0] >= depth:
            stack.pop()
        stack[-1][1].children.append(node)
        stack.append((depth, node))
    return root.children


def glob_fits(pattern, text):
    """Only `*` is special: brackets and question marks are frequent in replies."""
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), text, re.S) is not None


def within(kind, bounds, actual):
    found = re.fullmatch(r"\(%s (\S+)\)" % kind, actual)
    if not found:
        return False
    low, high = bounds.split("..")
    number = float(found.group(1)) if kind == "double" else int(found.group(1))
    return (not low or number >= float(low)) and (not high or number <= float(high))


def text_fits(expected, actual):
    if expected == actual:
        return True
    if " => " in expected and " => " in actual:
        key, value = expected.split(" => ", 1)
        actual_key, actual_value = actual.split(" => ", 1)
        return key == actual_key and text_fits(value, actual_value)
    found = re.fullmatch(r"\(~(int|double) (\S*\.\.\S*)\)", expected)
    if found:
        return within(found.group(1), found.group(2), actual)
    found = re.fullmatch(r'\(~match "(.*)"\)', expected)
    if found:
        plain = actual[1:-1] if actual.startswith('"') and actual.endswith('"') else actual
        return glob_fits(found.group(1), plain)
    return False


def takes_any(text):
    return text == "(~any)" or text.endswith(" => (~any)")


def fits(expected, actual):
    """Whether one expected node describes one actual node."""
    if takes_any(expected.text):
        return " => " not in expected.text or expected.text.split(" => ")[0] == actual.text.split(" => ")[0]
    text = expected.text.replace("(~unordered ", "(", 1).replace("(~pairs ", "(", 1)
    if not text_fits(text, actual.text):
        return False
    if text != expected.text:
        size = 2 if "(~pairs array" in expected.text else 1
        return unordered_fits(groups(expected.children, size), groups(actual.children, size))
    return all_fit(expected.children, actual.children)


def all_fit(expected, actual):
    for index, node in enumerate(expected):
        if node.text == "(~rest)":
            last = expected[index + 1:]
            return len(actual) - index >= len(last) and all_fit(last, actual[len(actual) - len(last):])
        if index >= len(actual) or not fits(node, actual[index]):
            return False
    return len(expected) == len(actual)


def groups(nodes, size):
    return [nodes[at:at + size] for at in range(0, len(nodes), size)]


def unordered_fits(expected, actual):
    """Greedy assignment: enough, because wildcards in unordered replies carry their own key."""
    left = list(actual)
    for group in expected:
        if group[0].text == "(~rest)":
            return True
        match = next((other for other in left if all_fit(group, other)), None)
        if match is None:
            return False
        left.remove(match)
    return not left


def placeholder(expected, actual):
    """What --record writes for a lone `(~unordered)` or `(~pairs)`: the reply, sorted, marked as such."""
    if len(expected) != 1 or len(actual) != 1 or expected[0].text not in ("(~unordered)", "(~pairs)"):
        return actual
    size = 2 if expected[0].text == "(~pairs)" and actual[0].text.startswith("(array") else 1
    ordered = sorted(groups(actual[0].children, size), key=lambda group: list(group[0].lines()))
    header = actual[0].text.replace("(", expected[0].text[:-1] + " ", 1)
    return [Node(header, [node for group in ordered for node in group])]
