"""The version of mloc, as packaged."""

VERSION = "0.1.0"
