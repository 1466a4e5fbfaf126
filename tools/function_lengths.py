"""Finds the functions of a C++ or Python file and their lengths in lines, for tools/tidy.py.

C++ is read by braces after comments and literals are blanked, which is enough for code in clang-format's hands. A
lambda or a local class counts as lines of the function around it.
"""
import ast
import re

LITERAL = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^()\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.DOTALL)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
TYPE_HEAD = re.compile(r"^(?:template\s*<.*>\s*)?(?:(?:export|typedef|static|constexpr|const|inline)\s+)*"
                       r"(?:class|struct|union|enum)\b[^()]*(?:\balignas\([^)]*\)[^()]*)?$", re.DOTALL)
NAMESPACE_HEAD = re.compile(r'^(?:inline\s+)?namespace\b|^extern\s*""?$|^extern$')
NAME = re.compile(r"([~A-Za-z_][\w:~]*|operator\s*[^\s(]+|operator\(\))\s*\(")


def blank(text):
    """The text with comments, literals and directives as spaces; lines stay where they are."""
    def spaces(match):
        return re.sub(r"[^\n]", " ", match[0])
    return DIRECTIVE.sub(spaces, LITERAL.sub(spaces, text))


def after_parameters(head):
    """What follows the first balanced (...) of a head."""
    depth = 0
    for index, char in enumerate(head):
        depth += (char == "(") - (char == ")")
        if char == ")" and depth == 0:
            return head[index + 1:]
    return ""


def kind_of(head):
    """What the brace behind this head opens: scope, function, initializer or block."""
    head = head.strip()
    if NAMESPACE_HEAD.match(head) or TYPE_HEAD.match(head):
        return "scope"
    if "(" not in head or head.endswith(("=", ",", "(", "return")):
        return "block"
    rest = after_parameters(head)
    if re.search(r"(?<!:):(?!:)", rest) and re.search(r"[\w>]$", rest):
        return "initializer"  # the member_{...} of a constructor
    return "function"


def cpp_functions(text):
    """Yields (name, first line, lines)."""
    code = blank(text)
    line, head, head_line, stack = 1, "", 1, []
    for char in code:
        if char == "{":
            inside = any(kind == "function" for kind, _, _ in stack)
            kind = "block" if inside else kind_of(head)
            found = NAME.search(head)
            stack.append((kind, found[1] if found else "?", head_line))
            if kind != "initializer":
                head = ""
        elif char == "}" and stack:
            kind, name, first = stack.pop()
            if kind == "function":
                yield name, first, line - first + 1
            if kind != "initializer":
                head = ""
        elif char == ";" and "(" not in after_open(head):
            head = ""
        else:
            if not head.strip():
                head, head_line = "", line
            head += char
        line += char == "\n"


def after_open(head):
    """The last parenthesis that is still open, or "": a semicolon inside for (;;) ends no head."""
    depth = head.count("(") - head.count(")")
    return "(" if depth > 0 else ""


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, node.end_lineno - node.lineno + 1
