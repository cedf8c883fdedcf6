"""Artifacts in a bucket: by content, whole or not at all, and the same when they come back."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mloc.runner import FileStore, RemoteStore, StoreError, open_store, remote, store_from_environment
from mloc.runner.remote_store import put_given
from tests.stores.conftest import Bucket
from tests.stores.server import KEY, SECRET, Server, running

HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"


def _file(folder: Path, text: str = "hello", name: str = "a") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def _tree(folder: Path) -> Path:
    tree = folder / "tree"
    (tree / "sub").mkdir(parents=True)
    (tree / "sub" / "run").write_text("#!/bin/sh\n")
    (tree / "sub" / "run").chmod(0o755)
    (tree / "é\n").write_text("x")
    return tree


def test_a_file_by_its_content(bucket: Bucket, tmp_path: Path) -> None:
    store = RemoteStore(f"{bucket.url}/")
    kept = store.put(_file(tmp_path), {"file": "txt"})
    uri = f"{bucket.url}/objects/{HELLO[:2]}/{HELLO[2:]}"
    assert kept == {"uri": uri, "digest": f"sha256:{HELLO}", "size": 5, "type": {"file": "txt"}}
    assert store.put(_file(tmp_path, name="other"), {"file": "txt"}) == kept
    copy = store.get(kept, tmp_path)
    copy.write_text("changed")
    assert store.get(kept, tmp_path).read_text() == "hello"
    assert bucket.keys == [f"objects/{HELLO[:2]}/{HELLO[2:]}"]


def test_a_tree_has_the_digest_that_it_has_everywhere(bucket: Bucket, tmp_path: Path) -> None:
    store, tree = RemoteStore(bucket.url), _tree(tmp_path)
    kept = store.put(tree, "dir")
    here = FileStore(tmp_path / "here").put(tree, "dir")
    assert (kept["digest"], kept["size"]) == (here["digest"], here["size"])
    copy = store.get(kept, tmp_path)
    assert sorted(path.relative_to(copy).as_posix() for path in copy.rglob("*")) == ["sub", "sub/run", "é\n"]
    assert os.access(copy / "sub" / "run", os.X_OK)
    assert not os.access(copy / "é\n", os.X_OK)


def test_an_empty_tree_and_an_empty_file(bucket: Bucket, tmp_path: Path) -> None:
    store = RemoteStore(bucket.url)
    (tmp_path / "empty").mkdir()
    assert list(store.get(store.put(tmp_path / "empty", "dir"), tmp_path).iterdir()) == []
    assert store.get(store.put(_file(tmp_path, ""), {"file": None}), tmp_path).read_bytes() == b""


@pytest.mark.slow
def test_a_file_of_several_parts(bucket: Bucket, tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate((100 << 20) + 1)
    store = RemoteStore(bucket.url)
    kept = store.put(path, {"file": None})
    assert kept["size"] == (100 << 20) + 1
    assert store.get(kept, tmp_path).stat().st_size == kept["size"]
    assert bucket.server.uploads(bucket.name) == 0


def test_what_was_sent_by_halves_is_sent_again(bucket: Bucket, tmp_path: Path) -> None:
    key = f"team/objects/{HELLO[:2]}/{HELLO[2:]}"
    bucket.put(key, b"hel")
    store = RemoteStore(bucket.url)
    assert store.get(store.put(_file(tmp_path), {"file": None}), tmp_path).read_text() == "hello"


def test_a_changed_object_is_noticed(bucket: Bucket, tmp_path: Path) -> None:
    store = RemoteStore(bucket.url)
    kept = store.put(_file(tmp_path), {"file": None})
    bucket.put(f"team/objects/{HELLO[:2]}/{HELLO[2:]}", b"HELLO")
    with pytest.raises(StoreError, match="no longer has the digest"):
        store.get(kept, tmp_path)


def test_a_damaged_tree_is_noticed(bucket: Bucket, tmp_path: Path) -> None:
    store = RemoteStore(bucket.url)
    kept = store.put(_tree(tmp_path), "dir")
    bucket.server.put(bucket.name, str(kept["uri"]).partition(f"{bucket.name}/")[2], b"no archive")
    with pytest.raises(StoreError, match="its archive is damaged"):
        store.get(kept, tmp_path)


def test_a_deleted_object_is_said(bucket: Bucket, tmp_path: Path) -> None:
    store = RemoteStore(bucket.url)
    kept = store.put(_file(tmp_path), {"file": None})
    bucket.server.delete(bucket.name, bucket.server.keys(bucket.name)[0])
    with pytest.raises(StoreError, match="is not in the store: it was deleted, or belongs to another store"):
        store.get(kept, tmp_path)


def test_a_file_of_this_machine_is_taken_too(bucket: Bucket, tmp_path: Path) -> None:
    kept = FileStore(tmp_path / "here").put(_file(tmp_path), {"file": None})
    assert RemoteStore(bucket.url).get(kept, tmp_path).read_text() == "hello"


def test_many_writers_of_one_object(bucket: Bucket, tmp_path: Path) -> None:
    store, tree = RemoteStore(bucket.url), _tree(tmp_path)
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(store.put(tree, "dir"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [found[0]] * 8
    assert len(bucket.keys) == 1


def test_the_first_of_two_small_files_stays(bucket: Bucket) -> None:
    url = f"{bucket.url}/small"
    remote.write(url, b"one", replace=False)
    remote.write(url, b"two", replace=False)
    assert remote.read(url) == b"one"
    remote.write(url, b"three", replace=True)
    assert (remote.read(url), remote.size(url), remote.read(f"{url}er"), remote.size(f"{url}er")) == (b"three", 5, None, None)


@pytest.mark.slow
def test_a_writer_that_is_killed_leaves_nothing(bucket: Bucket, tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(200 << 20)
    script = f"from pathlib import Path; from mloc.runner import remote; remote.upload(Path({str(path)!r}), '{bucket.url}/large')"
    with subprocess.Popen([sys.executable, "-c", script]) as process:
        while process.poll() is None and not bucket.server.uploads(bucket.name):
            threading.Event().wait(0.02)
        process.kill()
    assert process.returncode == -9, "it was not killed on its way"
    assert bucket.keys == []
    assert remote.size(f"{bucket.url}/large") is None


def test_what_a_user_names(bucket: Bucket, tmp_path: Path) -> None:
    store = FileStore(tmp_path / "store")
    bucket.put("data/in/a b.csv", b"x\n")
    bucket.put("data/in/sub/c", b"y\n")
    file = put_given(f"s3://{bucket.name}/data/in/a b.csv", {"file": "csv"}, store)
    assert store.get(file, tmp_path).read_text() == "x\n"
    for folder in ("data/in", "data/in/"):
        tree = store.get(put_given(f"s3://{bucket.name}/{folder}", "dir", store), tmp_path)
        assert sorted(path.relative_to(tree).as_posix() for path in tree.rglob("*")) == ["a b.csv", "sub", "sub/c"]
    model = {"model": None}
    assert store.get(put_given(f"s3://{bucket.name}/data/in", model, store), tmp_path).is_dir()
    assert store.get(put_given(f"s3://{bucket.name}/data/in/sub/c", model, store), tmp_path).is_file()
    assert store.get(put_given(_file(tmp_path).as_uri(), model, store), tmp_path).read_text() == "hello"
    for name, type_ in (("none", {"file": None}), ("none", "dir")):
        with pytest.raises(StoreError, match=f"s3://{bucket.name}/{name}: there is no such"):
            put_given(f"s3://{bucket.name}/{name}", type_, store)


def test_a_store_by_its_name(bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = open_store(bucket.url)
    assert isinstance(found, RemoteStore)
    assert found.root == bucket.url
    here = open_store(tmp_path.as_uri())
    assert isinstance(here, FileStore)
    assert here.root == tmp_path
    monkeypatch.setenv("MLOC_STORE", bucket.url)
    assert isinstance(store_from_environment(), RemoteStore)
    monkeypatch.delenv("MLOC_STORE")
    with pytest.raises(StoreError, match="MLOC_STORE"):
        store_from_environment()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("s4://bucket/x", "s4:// is no store: a store is a folder, or file://, s3://, gs://, abfs://"),
        ("s3:///x", "names no bucket"),
        ("s3://key:hunter2@bucket/x", "holds no credentials"),
        ("abfs://key:hunter2@account/x", "holds no credentials"),
        ("s3://key@bucket/x", "holds no credentials"),
        ("s3://bucket/x?token=hunter2", "no `?`"),
    ],
)
def test_what_names_no_store(url: str, said: str) -> None:
    with pytest.raises(StoreError) as error:
        open_store(url)
    assert said in str(error.value)
    assert "hunter2" not in str(error.value)


def test_a_container_of_an_account_names_a_store() -> None:
    assert RemoteStore("abfs://models@account.dfs.core.windows.net/x/").root == "abfs://models@account.dfs.core.windows.net/x"


def test_a_bucket_that_is_not_there(bucket: Bucket, tmp_path: Path) -> None:
    store = RemoteStore("s3://nobody-made-this/x")
    for act in (store.probe, lambda: store.put(_file(tmp_path), {"file": None}), lambda: remote.read("s3://nobody-made-this/y")):
        with pytest.raises(StoreError, match="there is no bucket `nobody-made-this`"):
            act()


def test_no_credentials(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(StoreError, match="there are no credentials for it: it takes AWS_ACCESS_KEY_ID"):
        RemoteStore(bucket.url).probe()


def test_credentials_that_are_refused(clean: None, monkeypatch: pytest.MonkeyPatch) -> None:
    # The first request makes the bucket; from then on keys are looked up, and this server knows none.
    with running(INITIAL_NO_AUTH_ACTION_COUNT="1") as strict:
        strict.make("strict")
        for name, value in strict.environment.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(StoreError, match="the credentials that are set here are refused") as error:
            RemoteStore("s3://strict/x").probe()
    assert SECRET not in str(error.value)
    assert KEY not in str(error.value)


def test_a_server_that_does_not_answer(server: Server, clean: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**server.environment, "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(StoreError, match="its server cannot be reached"):
        RemoteStore("s3://bucket/x").probe()


@pytest.mark.parametrize(("url", "package"), [("s3://b/x", "s3fs"), ("gs://b/x", "gcsfs"), ("abfs://c/x", "adlfs")])
def test_a_package_that_is_missing(url: str, package: str, clean: None, monkeypatch: pytest.MonkeyPatch) -> None:
    # fsspec remembers what it has imported; in the package the module's name stands for something else.
    monkeypatch.delitem(sys.modules["fsspec.registry"]._registry, url.partition(":")[0], raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(StoreError, match=f"needs the Python package {package}, .*: pip install {package}"):
        RemoteStore(url).probe()


def test_an_image_without_fsspec(clean: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(StoreError, match="needs the Python package s3fs"):
        RemoteStore("s3://b/x").probe()


def test_secrets_are_taken_out_of_messages(clean: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2hunter2")
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", "AccountKey=hunter3hunter3")

    def fail(url: str) -> None:
        raise RuntimeError(f"{url}: hunter2hunter2 at https://me:hunter4@host/x?sig=hunter5 with AccountKey=hunter3hunter3\nmore")

    monkeypatch.setattr(remote, "_file_system", fail)
    with pytest.raises(StoreError) as error:
        remote.read("s3://b/x")
    assert str(error.value) == "s3://b/x: RuntimeError: s3://b/x: *** at https://***@host/x?*** with *** more"
