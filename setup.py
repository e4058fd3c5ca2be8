"""Build the two compiled modules; everything else is in pyproject.toml."""

import os
import sys

from Cython.Build import cythonize
from setuptools import Extension, setup

DEBUG = os.environ.get("W2VFAST_DEBUG") == "1"

# -ffp-contract=off: mode="exact" promises the C program's bytes, so a compiler
# must not fuse a product with a sum on its own.  Never -ffast-math or -Ofast:
# linked into a module they change how the whole process treats subnormals.
# Never -march=native: a built wheel must run on every machine of its platform.
if sys.platform == "win32":
    FLAGS = ["/O2", "/fp:precise"]
elif DEBUG:
    FLAGS = ["-O1", "-g", "-ffp-contract=off"]
else:
    FLAGS = ["-O3", "-ffp-contract=off"]

CORE_HEADERS = [
    "_atomic.h",
    "_block.h",
    "_block_kernel.h",
    "_exact.h",
    "_exact_kernel.h",
    "_isa_end.h",
    "_softmax_kernel.h",
]
CORE_PARTS = ["_fast.pxi", "_exact.pxi"]
TEXT_PARTS = [
    "_words.pxi",
    "_scan.pxi",
    "_stream.pxi",
    "_rows.pxi",
    "_candidates.pxi",
    "_phrases.pxi",
    "_word2phrase.pxi",
]

DIRECTIVES = {
    "language_level": 3,
    "boundscheck": DEBUG,
    "wraparound": False,
    "initializedcheck": DEBUG,
    "cdivision": True,
    "freethreading_compatible": True,
}


def extension(name, parts):
    """Describe one compiled module and the files that it is rebuilt for."""
    return Extension(
        f"w2vfast.{name}",
        [f"w2vfast/{name}.pyx"],
        depends=[f"w2vfast/{part}" for part in parts],
        extra_compile_args=FLAGS,
    )


setup(
    ext_modules=cythonize(
        [
            extension("_core", CORE_HEADERS + CORE_PARTS),
            extension("_text", TEXT_PARTS),
        ],
        compiler_directives=DIRECTIVES,
        build_dir="build/cython",
    )
)
