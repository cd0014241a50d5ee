"""Broken functions, to be caught: each was somebody's honest mistake, and each passes a quick test."""
