"""The JSON form of the IR, which other programs read (docs/ir.md, mloc/schemas/ir.schema.json), and back."""

from mloc.ir.document.read import from_document
from mloc.ir.document.write import SCHEMA, document

__all__ = ["SCHEMA", "document", "from_document"]
