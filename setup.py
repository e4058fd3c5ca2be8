"""Build the compiled modules; everything else is in pyproject.toml."""

import glob
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.modified import newer_group

DEBUG = os.environ.get("W2VFAST_DEBUG") == "1"
# As gcc and clang spell them: "address,undefined" or "thread" (.ci/sanitize).
SANITIZERS = os.environ.get("W2VFAST_SANITIZE", "")

# -ffp-contract=off: mode="exact" promises the C program's bytes, so a compiler
# must not fuse a product with a sum on its own.  Never -ffast-math or -Ofast:
# linked into a module they change how the whole process treats subnormals.
# Never -march=native: a built wheel must run on every machine of its platform.
# -g0: debugging information takes a third of the compile time and nine tenths of the
# size; W2VFAST_DEBUG=1 has it, with sanitizers only the lines of the source.
if sys.platform == "win32":
    FLAGS = ["/O2", "/fp:precise"]
elif DEBUG:
    FLAGS = ["-O1", "-g1" if SANITIZERS else "-g", "-ffp-contract=off"]
else:
    FLAGS = ["-O3", "-g0", "-ffp-contract=off"]
SANITIZED = []
if SANITIZERS:
    SANITIZED = [f"-fsanitize={SANITIZERS}", "-fno-omit-frame-pointer"]

TRANSLATED = "build/cython"  # the C of Cython
# Cython's code for memoryviews, which it else writes into each module that has one.
SHARED = "_memoryviews"
# It checks arrays before the loops begin: -O3 takes twice the time of -O1, for nothing.
SHARED_FLAGS = [flag.replace("-O3", "-O1") for flag in FLAGS]

# auto_pickle: no object of the compiled modules is ever pickled.
DIRECTIVES = {
    "auto_pickle": False,
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
    return Extension(
        f"w2vfast.{name}",
        [f"w2vfast/{name}.pyx", *glob.glob(f"w2vfast/{name}_parts/*.c")],
        depends=sorted(glob.glob(f"w2vfast/{name}_parts/*")),
        include_dirs=["w2vfast"],
        define_macros=build_macros(name),
        extra_compile_args=FLAGS + SANITIZED,
        extra_link_args=SANITIZED,
    )


def shared_extension():
    """Describe the module of the code for memoryviews, which has no source."""
    return Extension(
        f"w2vfast.{SHARED}",
        [],
        extra_compile_args=SHARED_FLAGS + SANITIZED,
        extra_link_args=SANITIZED,
    )


class BuildModules(build_ext):
    """Translate and compile all files of all modules at the same time."""

    def build_extensions(self):
        """Build all modules."""
        self.parallel = len(self.extensions)
        jobs = {}
        for module in self.extensions:
            jobs |= translations(module, self.force)
        self.compiler.compile = partial(compile_all, self.compiler.compile, jobs)
        super().build_extensions()


def translations(module, force):
    """Let a module have the C of Cython as a source; return who writes it, by its name.

    setuptools would translate one module after the other, before it compiles anything.
    """
    made = f"{TRANSLATED}/{module.name}.c"  # the shared module is named after its file
    source = module.name.replace(".", "/") + ".pyx"
    command = [sys.executable, "-m", "cython", "-3"]
    for directive, value in DIRECTIVES.items():
        command += ["-X", f"{directive}={value}"]
    if source in module.sources:
        command += ["--shared", f"w2vfast.{SHARED}", "--module-name", module.name]
        command += ["-o", made, source]
        module.depends.append(source)
        module.sources.remove(source)
    else:
        command += ["--generate-shared", made]
        module.depends.append("setup.py")
    module.sources.insert(0, made)
    return {made: partial(translate, command, made, list(module.depends), force)}


def translate(command, made, parts, force):
    """Run Cython unless its C is newer than the parts, or always, if forced."""
    os.makedirs(TRANSLATED, exist_ok=True)
    if force or newer_group(parts, made):
        subprocess.run(command, check=True)


def compile_all(compile_files, jobs, sources, *args, **options):
    """Make and compile each file in a thread; return the names of the object files."""

    def make(source):
        if source in jobs:
            jobs[source]()
        return compile_files([source], *args, **options)

    with ThreadPoolExecutor() as threads:
        return [name for names in threads.map(make, sources) for name in names]


setup(
    cmdclass={"build_ext": BuildModules},
    ext_modules=[shared_extension(), extension("_core"), extension("_text")],
)
