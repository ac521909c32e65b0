"""Every sentence that models/ and council/ can say to a user, read from the source: a new one cannot be overlooked."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

ROOT = Path(__file__).parents[3]
TERMINAL_ONLY = {
    "council/cli.py": "the terminal's own arguments",
    "council/commands.py": "the terminal's own commands",
    "council/settings.py": "the settings are read before there is a page",
    "council/application.py": "the parts are opened before there is a page",
}
SAID_BY = ("reason", "detail", "notice", "restart")
"""The keywords under which events, states of health and chunks carry a sentence."""
SAMPLE, QUOTED = "7.5", "'7.5'"
SAMPLES = {
    "server": "The server at 'http://x'",
    "self._server.name": "The server at 'http://x'",
}
FIELDS = {"label": ("HttpServer", 2), "remedy": ("HttpServer", 3), "doing": ("Request", 2)}
"""Parts of sentences that objects carry: whose constructor they are given to, and where among its arguments."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Module:
    """One file; `functions` holds methods, too."""

    tree: ast.Module
    constants: dict[str, ast.expr] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for node in ast.walk(self.tree):
            if isinstance(node, Function):
                self.functions[node.name] = node
            elif isinstance(node, ast.ImportFrom):
                self.imports |= {alias.asname or alias.name: (str(node.module), alias.name) for alias in node.names}
        self.constants = {name: value for name, value, _ in _assigned(self.tree.body)}


@dataclass(frozen=True)
class Place:
    """Where an expression stands: what its names mean there."""

    module: Module
    function: Function | None


class Messages:
    """Reads the program and puts together what it can say; what only a run can tell is filled with a sample."""

    def __init__(self) -> None:
        paths = sorted(path for folder in ("council", "models") for path in (ROOT / folder).rglob("*.py"))
        names = {str(path.relative_to(ROOT)): path for path in paths if "ui" not in path.parts}
        self._modules = {name: Module(ast.parse(path.read_text(encoding="utf-8"))) for name, path in names.items()}
        self._calls: dict[str, list[tuple[ast.Call, Place]]] = defaultdict(list)
        self._said: list[tuple[ast.expr, Place]] = []
        self._known: dict[ast.expr, list[str]] = {}
        self._errors: set[str] = set()
        for name, module in self._modules.items():
            self._index(module.tree, Place(module, None), is_shown=name not in TERMINAL_ONLY)

    def all(self) -> set[str]:
        """Return every message."""
        found = [self._texts(expression, place) for expression, place in self._said]
        for name, calls in self._calls.items():
            for call, place in calls:
                first = call.args[:1] if name in self._errors or name == "tell" else []
                first = call.args[2:3] if name == "Health" else first
                said = [keyword.value for keyword in call.keywords if keyword.arg in SAID_BY]
                found += [self._texts(expression, place) for expression in (*first, *said)]
        return {text for texts in found for text in texts if " " in text}  # one word is a name for something

    def _index(self, node: ast.AST, place: Place, *, is_shown: bool) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef) and child.name.endswith("Error"):
                self._errors.add(child.name)
            elif isinstance(child, ast.Call) and is_shown:
                self._calls[_name(child.func)].append((child, place))
            elif isinstance(child, ast.AnnAssign) and isinstance(child.value, ast.Tuple):
                if ast.unparse(child.annotation) == "Ending":
                    self._said.append((child.value.elts[1], place))
            elif isinstance(child, ast.Raise) and is_shown:
                match child.exc:
                    case ast.Call(func=ast.Name(id=name), args=[first, *_]) if name.islower():  # a class chosen before
                        self._said.append((first, place))
            inside = Place(place.module, child) if isinstance(child, Function) else place
            self._index(child, inside, is_shown=is_shown)

    def _texts(self, expression: ast.expr, place: Place) -> list[str]:
        """Return what an expression can say; nothing where the source does not tell, or goes in a circle."""
        if expression not in self._known:
            self._known[expression] = []
            self._known[expression] = self._read(expression, place)
        return self._known[expression]

    def _read(self, expression: ast.expr, place: Place) -> list[str]:
        def each(parts: Iterable[ast.expr]) -> list[list[str]]:
            return [self._texts(part, place) for part in parts]

        match expression:
            case ast.Constant(value=str(text)):
                return [text]
            case ast.JoinedStr(values=parts):
                return _joined(each(parts))
            case ast.FormattedValue(conversion=114):
                return [QUOTED]
            case ast.FormattedValue(value=value, format_spec=None):
                return each([value])[0] or [SAMPLES.get(ast.unparse(value), SAMPLE)]
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                sides = each([left, right])
                return _joined(sides) if any(sides) else []
            case ast.IfExp(body=first, orelse=second):
                return [text for texts in each([first, second]) for text in texts]
            case ast.BoolOp(values=parts) | ast.Dict(values=parts) | ast.Tuple(elts=parts):
                return [text for texts in each(parts) for text in texts]
            case ast.Subscript(value=value) | ast.Await(value=value) | ast.GeneratorExp(elt=value):
                return each([value])[0]
            case ast.Name(id=name):
                return self._named(name, place)
            case ast.Attribute(value=ast.Name(id="self"), attr=name) if name in place.module.functions:
                return self._returned(name, place)
            case ast.Attribute(attr=name) if name in FIELDS:
                return self._given(*FIELDS[name], name)
            case ast.Call():
                return self._called(expression, place)
        return []

    def _called(self, call: ast.Call, place: Place) -> list[str]:
        match call.func, call.args:
            case ast.Attribute(value=ast.Constant(value=str(between)), attr="join"), [ast.List(elts=parts)]:
                known = [part for part in parts if not isinstance(part, ast.Starred)]
                return [between.join(texts) for texts in product(*(self._texts(part, place) for part in known))]
            case ast.Attribute(value=value, attr="get"), _:
                return self._texts(value, place)
            case ast.Attribute(attr="to_thread"), [function, *_]:
                return self._returned(_name(function), place)
            case ast.Name(id="next"), [values, *_]:
                return self._texts(values, place)
        return self._returned(_name(call.func), place)

    def _named(self, name: str, place: Place) -> list[str]:
        """Return the values of a name: assigned in this function, given by its callers, or known to the module."""
        if place.function is not None:
            texts: list[str] = []
            for assigned, value, is_more in _assigned(ast.walk(place.function)):
                if assigned == name:
                    new = self._texts(value, place)
                    texts += _joined([texts, new]) if is_more else new
            if texts:
                return texts
            if name in (position := _parameters(place.function)):
                usual = [text for value in _defaults(place.function, name) for text in self._texts(value, place)]
                return self._given(place.function.name, position[name], name) + [text for text in usual if text]
        if name in place.module.constants:
            return self._texts(place.module.constants[name], Place(place.module, None))
        home = self._home(name, place)
        return self._named(home[1], Place(home[0], None)) if home else []

    def _given(self, function: str, position: int, name: str) -> list[str]:
        """Return what the callers of a function give for a parameter."""
        texts: list[str] = []
        for call, place in self._calls.get(function, []):
            named = [keyword.value for keyword in call.keywords if keyword.arg == name]
            starred = [argument.value for argument in call.args if isinstance(argument, ast.Starred)]
            for value in named or starred or call.args[position : position + 1]:
                texts += self._texts(value, place)
        return texts

    def _returned(self, name: str, place: Place) -> list[str]:
        home = self._home(name, place)
        module, name = home or (place.module, name)
        if name not in module.functions:
            owners = [other for other in self._modules.values() if name in other.functions]
            if len(owners) != 1:
                return []
            module = owners[0]
        function = module.functions[name]
        returns = [node.value for node in ast.walk(function) if isinstance(node, ast.Return) and node.value]
        return [text for value in returns for text in self._texts(value, Place(module, function))]

    def _home(self, name: str, place: Place) -> tuple[Module, str] | None:
        dotted, original = place.module.imports.get(name, ("", ""))
        module = self._modules.get(dotted.replace(".", "/") + ".py")
        return (module, original) if module else None


def _assigned(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, ast.expr, bool]]:
    """Yield names with what is assigned to them, and whether it is added to what was there."""
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value, False
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=value):
                yield from ((_name(target), value, False) for target in targets)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value, False
            case ast.AugAssign(target=ast.Name(id=name), value=value):
                yield name, value, True


def _joined(parts: Iterable[list[str]]) -> list[str]:
    return ["".join(texts) for texts in product(*(part or [SAMPLE] for part in parts))]


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def _parameters(function: Function) -> dict[str, int]:
    """Return the position of each parameter among the arguments of a call."""
    names = [argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)]
    return {name: position for position, name in enumerate(name for name in names if name not in ("self", "cls"))}


def _defaults(function: Function, name: str) -> list[ast.expr]:
    given = function.args
    late = given.args[len(given.args) - len(given.defaults) :]
    pairs = [*zip(late, given.defaults, strict=True), *zip(given.kwonlyargs, given.kw_defaults, strict=True)]
    return [value for argument, value in pairs if argument.arg == name and value is not None]
