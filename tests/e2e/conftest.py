"""A released course for the tests here."""

from sample_courses import course, released_course  # noqa: F401 - fixtures
