"""Rows from hubs and files."""
