"""Where Python modules are found, and what a bundle takes of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from python_steps import write

from mloc.diagnostics.rules import FUNCTION_NOT_FOUND, GENERATOR_FUNCTION, MODULE_NOT_FOUND, PYTHON_SYNTAX, UNRESOLVED_ANNOTATION
from mloc.types.python.closure import closure
from mloc.types.python.lookup import Failure, Function, find_function
from mloc.types.python.project import Project, ProjectError


def failure(project: Project, target: str) -> Failure:
    module, _, function = target.partition(":")
    found = find_function(project, module, function)
    assert isinstance(found, Failure)
    return found


def function(project: Project, target: str) -> Function:
    module, _, name = target.partition(":")
    found = find_function(project, module, name)
    assert isinstance(found, Function)
    return found


class TestProject:
    def test_without_a_project_file_the_folder_is_the_programs_own(self, tmp_path: Path) -> None:
        assert write(tmp_path, {}).source_roots == (tmp_path.resolve(),)

    def test_the_project_file_names_folders_relative_to_itself(self, tmp_path: Path) -> None:
        write(tmp_path, {"pyproject.toml": '[tool.mloc]\nsrc = ["src", "lib"]\n', "pipelines/a.py": ""})
        project = Project.of(tmp_path / "pipelines" / "p.mlp")
        root = tmp_path.resolve()
        assert project.source_roots == (root / "pipelines", root, root / "src", root / "lib")

    def test_the_file_beside_the_program_wins(self, tmp_path: Path) -> None:
        write(tmp_path, {"pyproject.toml": "", "m.py": "def f(): ...", "sub/m.py": "def f(): ..."})
        assert function(Project.of(tmp_path / "sub" / "p.mlp"), "m:f").place == "sub/m.py:1"

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("[tool.mloc\n", "is not valid TOML"),
            ('[tool.mloc]\nsrc = "src"\n', "must be a list of folders"),
            ("[tool.mloc]\nsrc = [1]\n", "must be a list of folders"),
            ("[tool]\nmloc = 3\n", "`mloc` must be a table"),
        ],
    )
    def test_a_broken_project_file_is_said_to_be(self, tmp_path: Path, text: str, reason: str) -> None:
        with pytest.raises(ProjectError, match=reason) as raised:
            write(tmp_path, {"pyproject.toml": text})
        assert "pyproject.toml" in str(raised.value)

    def test_a_namespace_package_has_the_parts_of_every_root(self, tmp_path: Path) -> None:
        files = {"pyproject.toml": '[tool.mloc]\nsrc = ["a", "b"]\n', "a/ns/x.py": "def f(): ...", "b/ns/y.py": "def f(): ..."}
        project = write(tmp_path, files)
        assert function(project, "ns.x:f").place == "a/ns/x.py:1"
        assert function(project, "ns.y:f").place == "b/ns/y.py:1"

    def test_names_that_no_file_can_have_are_not_found(self, tmp_path: Path) -> None:
        project = write(tmp_path, {})
        assert project.locate("a" * 5000) is None
        assert project.locate("../m") is None
        assert project.locate("a..b") is None


class TestFindFunction:
    def test_a_function_has_its_place_and_signature(self, tmp_path: Path) -> None:
        found = function(write(tmp_path, {"pkg/m.py": "\n\ndef f(n: int, *, k: str = 'a') -> int: ..."}), "pkg.m:f")
        assert (found.place, found.text) == ("pkg/m.py:3", "def f(n: int, *, k: str='a') -> int")

    def test_re_exports_are_followed(self, tmp_path: Path) -> None:
        files = {
            "pkg/__init__.py": "from .inner import g as f\nfrom .stars import *",
            "pkg/inner/__init__.py": "from ..deep import g",
            "pkg/deep.py": "if True:\n    def g(n): ...\nelse:\n    g = None",
            "pkg/stars.py": "def h(): ...",
            "pkg/alias.py": "import pkg\ndef _g(): ...\ng = _g",
        }
        project = write(tmp_path, files)
        assert function(project, "pkg:f").place == "pkg/deep.py:2"
        assert function(project, "pkg:h").place == "pkg/stars.py:1"
        assert function(project, "pkg.alias:g").place == "pkg/alias.py:2"

    def test_a_cycle_of_re_exports_ends(self, tmp_path: Path) -> None:
        project = write(tmp_path, {"a.py": "from b import f", "b.py": "from a import f"})
        assert failure(project, "a:f").rule is UNRESOLVED_ANNOTATION

    def test_a_missing_module_names_a_near_one(self, tmp_path: Path) -> None:
        project = write(tmp_path, {"churn/__init__.py": "", "churn/quality.py": ""})
        found = failure(project, "churn.qualty:f")
        assert (found.rule, found.help) == (MODULE_NOT_FOUND, "did you mean `churn.quality`?")
        assert "churn.quality" in (failure(project, "churn.other:f").help or "")
        assert failure(project, "nowhere:f").help is not None

    def test_a_folder_is_no_module(self, tmp_path: Path) -> None:
        found = failure(write(tmp_path, {"churn/quality.py": ""}), "churn:f")
        assert found.rule is MODULE_NOT_FOUND
        assert found.help == "modules in it: `churn.quality`"

    def test_an_installed_module_is_not_looked_into(self, tmp_path: Path) -> None:
        found = failure(write(tmp_path, {}), "json:loads")
        assert found.rule is MODULE_NOT_FOUND
        assert "write a function" in (found.help or "")

    def test_a_missing_function_names_a_near_one_or_lists_them(self, tmp_path: Path) -> None:
        project = write(tmp_path, {"m.py": "def train(): ...\ndef split(): ...\ndef _private(): ..."})
        assert failure(project, "m:trian").help == "did you mean `train`?"
        found = failure(project, "m:other")
        assert (found.rule, found.help) == (FUNCTION_NOT_FOUND, "functions in it: `train`, `split`")

    def test_a_re_export_of_nothing_is_found_out(self, tmp_path: Path) -> None:
        project = write(tmp_path, {"a.py": "from b import f\nfrom pkg.c import g", "b.py": "", "pkg/__init__.py": ""})
        assert failure(project, "a:f").message == "there is no function `f` in `b.py`"
        assert failure(project, "a:g").rule is MODULE_NOT_FOUND

    def test_a_module_that_does_not_parse_is_named_with_its_line(self, tmp_path: Path) -> None:
        project = write(tmp_path, {"m.py": "x = 1\ndef f(:\n"})
        found = failure(project, "m:f")
        assert found.rule is PYTHON_SYNTAX
        assert "`m.py:2`" in found.message

    def test_binary_modules_do_not_parse(self, tmp_path: Path) -> None:
        project = write(tmp_path, {})
        (tmp_path / "m.py").write_bytes(b"x = '\xff'\0")
        assert failure(project, "m:f").rule is PYTHON_SYNTAX

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("class f: ...", "is a class"),
            ("f = 3", "is a value"),
            ("import m2 as f", "is a module"),
        ],
    )
    def test_what_is_no_function_is_said_to_be(self, tmp_path: Path, text: str, words: str) -> None:
        found = failure(write(tmp_path, {"m.py": text, "m2.py": ""}), "m:f")
        assert found.rule is FUNCTION_NOT_FOUND
        assert words in found.message

    @pytest.mark.parametrize("text", ["from acme import f", "from acme import *", "f = make()", "def __getattr__(name): ..."])
    def test_what_only_a_run_can_tell_is_a_warning(self, tmp_path: Path, text: str) -> None:
        assert failure(write(tmp_path, {"m.py": text}), "m:f").rule is UNRESOLVED_ANNOTATION

    def test_a_generator_is_refused_a_nested_one_is_not(self, tmp_path: Path) -> None:
        project = write(tmp_path, {"m.py": "def f():\n    yield 1\ndef g():\n    def h():\n        yield 1\n    return list(h())"})
        assert failure(project, "m:f").rule is GENERATOR_FUNCTION
        assert function(project, "m:g").place == "m.py:3"

    def test_an_async_function_is_a_function(self, tmp_path: Path) -> None:
        assert function(write(tmp_path, {"m.py": "async def f(n: int) -> int: ..."}), "m:f").text == "async def f(n: int) -> int"

    def test_a_method_is_refused(self, tmp_path: Path) -> None:
        assert failure(write(tmp_path, {"m.py": "class A:\n    def f(self): ..."}), "m:A.f").rule is FUNCTION_NOT_FOUND

    def test_a_changed_file_is_read_again(self, tmp_path: Path) -> None:
        project = write(tmp_path, {"m.py": "def f(): ..."})
        function(project, "m:f")
        write(tmp_path, {"m.py": "def other(): ..."})
        assert failure(project, "m:f").rule is FUNCTION_NOT_FOUND


class TestClosure:
    def files(self, project: Project, *modules: str) -> list[str]:
        return list(closure(project, modules).files)

    def test_imports_are_followed_everywhere(self, tmp_path: Path) -> None:
        project = write(
            tmp_path,
            {
                "pkg/__init__.py": "",
                "pkg/a.py": "import pkg.b as b\nfrom . import c\ndef f():\n    from .sub.d import g\n    import json, pandas\n",
                "pkg/b.py": "from pkg.stars import *",
                "pkg/c.py": "",
                "pkg/stars.py": "",
                "pkg/sub/__init__.py": "",
                "pkg/sub/d.py": "from .. import e",
                "pkg/e.py": "",
                "pkg/unused.py": "",
            },
        )
        wanted = ["__init__", "a", "b", "c", "e", "stars", "sub/__init__", "sub/d"]
        assert self.files(project, "pkg.a") == [f"pkg/{name}.py" for name in wanted]

    def test_bytes_are_those_on_disk(self, tmp_path: Path) -> None:
        project = write(tmp_path, {})
        (tmp_path / "m.py").write_bytes("# -*- coding: latin-1 -*-\r\nx = 'é'\r\n".encode("latin-1"))
        assert closure(project, ["m"]).files == {"m.py": (tmp_path / "m.py").read_bytes()}

    def test_namespace_packages_and_other_roots(self, tmp_path: Path) -> None:
        files = {"pyproject.toml": '[tool.mloc]\nsrc = ["src"]\n', "src/ns/x.py": "from ns import y", "ns/y.py": ""}
        assert self.files(write(tmp_path, files), "ns.x") == ["ns/x.py", "ns/y.py"]

    def test_imports_for_type_checkers_are_left_out(self, tmp_path: Path) -> None:
        files = {"m.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a\nelse:\n    import b\n", "a.py": "", "b.py": ""}
        assert self.files(write(tmp_path, files), "m") == ["b.py", "m.py"]

    def test_both_arms_of_a_try_are_taken(self, tmp_path: Path) -> None:
        files = {"m.py": "try:\n    import a\nexcept ImportError:\n    import b\n", "a.py": "", "b.py": ""}
        found = closure(write(tmp_path, files), ["m"])
        assert list(found.files) == ["a.py", "b.py", "m.py"]

    def test_constant_dynamic_imports_are_resolved(self, tmp_path: Path) -> None:
        text = "import importlib\nimportlib.import_module('a')\n__import__('b')\nimportlib.import_module('.c', __package__)\n"
        found = closure(write(tmp_path, {"pkg/m.py": text, "a.py": "", "b.py": "", "pkg/c.py": ""}), ["pkg.m"])
        assert list(found.files) == ["a.py", "b.py", "pkg/c.py", "pkg/m.py"]
        assert not found.problems

    def test_a_computed_import_takes_the_whole_package_and_says_so(self, tmp_path: Path) -> None:
        text = "from importlib import import_module\ndef f(n):\n    import_module(n)\n"
        found = closure(write(tmp_path, {"pkg/__init__.py": "", "pkg/m.py": text, "pkg/sub/x.py": "", "other.py": ""}), ["pkg.m"])
        assert list(found.files) == ["pkg/__init__.py", "pkg/m.py", "pkg/sub/x.py"]
        assert [(p.place, "computed" in p.reason) for p in found.problems] == [("pkg/m.py:3", True)]

    def test_an_expression_too_deep_to_recurse_into_does_not_matter(self, tmp_path: Path) -> None:
        found = closure(write(tmp_path, {"a.py": "x = " + " + ".join(["1"] * 900), "b.py": "x = " + "(" * 5000}), ["a", "b"])
        assert (list(found.files), [p.place for p in found.problems]) == (["a.py"], ["b.py:1"])

    def test_a_cycle_ends(self, tmp_path: Path) -> None:
        assert self.files(write(tmp_path, {"a.py": "import b", "b.py": "import a"}), "a") == ["a.py", "b.py"]

    def test_a_broken_module_is_a_problem(self, tmp_path: Path) -> None:
        found = closure(write(tmp_path, {"a.py": "import b", "b.py": "def"}), ["a"])
        assert [p.place for p in found.problems] == ["b.py:1"]
        assert list(found.files) == ["a.py"]

    def test_what_is_outside_is_listed(self, tmp_path: Path) -> None:
        found = closure(write(tmp_path, {"a.py": "import json\ndef f():\n    import pandas\n"}), ["a"])
        assert [(o.module, o.place, o.required) for o in found.outside] == [("json", "a.py:1", True), ("pandas", "a.py:3", False)]
