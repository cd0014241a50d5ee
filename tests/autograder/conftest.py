"""A released course to copy from, made once."""

import shutil

import pytest
from sample_courses import make_course

from autograder.course import Course


@pytest.fixture(scope="session")
def released_course(tmp_path_factory):
    """A course with the first notebook released; not to be changed."""
    return make_course(tmp_path_factory.mktemp("released") / "course")


@pytest.fixture
def course(released_course, tmp_path):
    """A released course of the test's own."""
    shutil.copytree(released_course.root, tmp_path / "course")
    return Course.open(tmp_path / "course")
