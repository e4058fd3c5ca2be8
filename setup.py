"""Build the two compiled modules; everything else is in pyproject.toml."""

import glob
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

DEBUG = os.environ.get("W2VFAST_DEBUG") == "1"
# As gcc and clang spell them: "address,undefined" or "thread" (.ci/sanitize).
SANITIZERS = os.environ.get("W2VFAST_SANITIZE", "")

# -ffp-contract=off: mode="exact" promises the C program's bytes, so a compiler
# must not fuse a product with a sum on its own.  Never -ffast-math or -Ofast:
# linked into a module they change how the whole process treats subnormals.
# Never -march=native: a built wheel must run on every machine of its platform.
# -g0: debugging information takes a third of the compile time and nine tenths of the
# size; W2VFAST_DEBUG=1 has it.
if sys.platform == "win32":
    FLAGS = ["/O2", "/fp:precise"]
elif DEBUG:
    FLAGS = ["-O1", "-g", "-ffp-contract=off"]
else:
    FLAGS = ["-O3", "-g0", "-ffp-contract=off"]
SANITIZED = []
if SANITIZERS:
    SANITIZED = [f"-fsanitize={SANITIZERS}", "-fno-omit-frame-pointer"]

DIRECTIVES = {
    "language_level": 3,
    "boundscheck": DEBUG,
    "wraparound": False,
    "initializedcheck": DEBUG,
    "cdivision": True,
    "freethreading_compatible": True,
}


def commit():
    """Return the commit of the source tree, or "unknown" in a source archive."""
    if "W2VFAST_COMMIT" in os.environ:
        return os.environ["W2VFAST_COMMIT"]
    if not os.path.exists(".git"):  # the folder may lie in a repository of others
        return "unknown"
    command = ["git", "rev-parse", "--short=12", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()


def build_macros(name):
    """Return words for build_info(); _core_parts/compiler.h turns them into text."""
    if name != "_core":
        return []
    flags = " ".join(FLAGS + SANITIZED)
    return [("W2VFAST_COMMIT", commit()), ("W2VFAST_FLAGS", flags)]


def extension(name):
    """Describe one compiled module and the parts that it is rebuilt for."""
    parts = sorted(glob.glob(f"w2vfast/{name}_parts/*"))
    return Extension(
        f"w2vfast.{name}",
        [f"w2vfast/{name}.pyx", *glob.glob(f"w2vfast/{name}_parts/*.c")],
        depends=parts,
        include_dirs=["w2vfast"],
        define_macros=build_macros(name),
        extra_compile_args=FLAGS + SANITIZED,
        extra_link_args=SANITIZED,
    )


class BuildModules(build_ext):
    """Compile all files of all modules at the same time."""

    def build_extensions(self):
        """Build all modules."""
        self.parallel = True
        self.compiler.compile = partial(compile_all, self.compiler.compile)
        super().build_extensions()


def compile_all(compile_files, sources, *args, **options):
    """Compile each file in a thread; return the names of the object files."""
    with ThreadPoolExecutor() as threads:
        found = threads.map(lambda s: compile_files([s], *args, **options), sources)
        return [name for names in found for name in names]


setup(
    cmdclass={"build_ext": BuildModules},
    ext_modules=cythonize(
        [extension("_core"), extension("_text")],
        compiler_directives=DIRECTIVES,
        build_dir="build/cython",
    ),
)
