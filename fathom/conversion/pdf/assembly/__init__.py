"""The pages of a PDF put together to a document: order, levels, tables and links that go over pages."""
