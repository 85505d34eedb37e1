"""Installs exactly the locked packages and the project into `.venv`; quick if nothing changed.

Usage: python3 scripts/bootstrap.py [--dev]. Needs the standard library of Python 3.11 or newer only, and runs far enough on
any Python 3 to say what is missing. Every file that is installed is checked against a hash in the repository.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
UV = os.path.join(VENV, "bin", "uv")
BOOTSTRAP = os.path.join(ROOT, "requirements-bootstrap.lock")
STAMP = os.path.join(VENV, "installed.json")
OLDEST = (3, 11)
ROOM_GB = {"requirements.lock": 2.0, "requirements-dev.lock": 3.0}


def main():
    lock = "requirements-dev.lock" if "--dev" in sys.argv[1:] else "requirements.lock"
    use_a_new_python()
    wanted = {"python": "%d.%d" % sys.version_info[:2], lock: digest(lock), "project": digest("pyproject.toml")}
    if lock == "requirements-dev.lock":
        wanted["requirements.lock"] = digest("requirements.lock")  # the development lock holds all of it
    have = installed()
    if all(have.get(name) == value for name, value in wanted.items()):
        return
    require_room(ROOM_GB[lock])
    began = time.time()
    say("Installing from %s into .venv (once; about a minute) ..." % lock)
    make_environment(have)
    install(lock)
    with open(STAMP + ".new", "w") as file:
        json.dump({**(have if have.get("python") == wanted["python"] else {}), **wanted}, file)
    os.replace(STAMP + ".new", STAMP)
    say("Installed in %.0f s." % (time.time() - began))


def use_a_new_python():
    """Continues in a newer Python if this version is too old and a newer version is installed."""
    if sys.version_info >= OLDEST:
        return
    for minor in range(14, OLDEST[1] - 1, -1):
        other = shutil.which("python3.%d" % minor)
        if other and subprocess.call([other, "-c", "pass"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0:
            os.execv(other, [other] + sys.argv)
    give_up(
        "Fathom needs Python 3.11 or newer; %s is %d.%d. Install a newer one (Debian 12: apt install python3) "
        "or name it: make up PYTHON=/path/to/python3.11" % ((sys.executable,) + tuple(sys.version_info[:2]))
    )


def require_room(gigabytes):
    free = shutil.disk_usage(ROOT).free / 1024**3
    if free < gigabytes:
        needed = "%.1f GB are free and %.0f are needed" % (free, gigabytes)
        give_up("There is too little room in %s: %s. Free some and run it again." % (ROOT, needed))


def make_environment(have):
    """Creates a virtual environment with pip; replaces a broken environment or that of another Python."""
    installs = quiet([UV, "--version"]) or quiet([PYTHON, "-m", "pip", "--version"])
    if installs and quiet([PYTHON, "-c", "pass"]) and version_of(PYTHON) == "%d.%d" % sys.version_info[:2]:
        return
    if os.path.isdir(VENV):
        shutil.rmtree(VENV)
    try:
        import ensurepip
        import venv
    except ImportError:
        if not quiet([sys.executable, "-m", "pip", "--version"]):
            give_up(
                "This Python cannot make a virtual environment. Install what is missing (Debian: apt install python3-venv) "
                "and run it again."
            )
        run([sys.executable, "-m", "venv", "--without-pip", VENV])
        run([sys.executable, "-m", "pip", "--python", PYTHON, "install", "--quiet", "--require-hashes", "-r", BOOTSTRAP])
        return
    run([sys.executable, "-m", "venv", VENV])


def install(lock):
    """Installs the lock by uv, or by pip where uv does not reach the package index; then the project."""
    pip = [PYTHON, "-m", "pip", "--disable-pip-version-check"]
    environment = dict(os.environ, VIRTUAL_ENV=VENV)
    if not quiet([UV, "--version"]):
        run(pip + ["install", "--quiet", "--require-hashes", "-r", BOOTSTRAP])
    by_uv = [UV, "pip", "install", "--quiet", "--require-hashes", "-r", path(lock)]
    if subprocess.call(by_uv, env=environment) != 0:
        say("uv could not install it; trying pip, which takes longer ...")
        run(pip + ["install", "--quiet", "--no-deps", "--no-compile", "--require-hashes", "-r", path(lock)])
    # editable: the program runs from this folder; the build tool is the lock's own, so nothing more is fetched
    run([UV, "pip", "install", "--quiet", "--offline", "--no-deps", "--no-build-isolation", "-e", ROOT], env=environment)


def installed():
    """Returns the recorded content of the environment; nothing if it does not run."""
    try:
        with open(STAMP) as file:
            have = json.load(file)
    except (OSError, ValueError):
        return {}
    return have if os.path.exists(PYTHON) and os.path.exists(os.path.join(VENV, "bin", "fathom")) else {}


def version_of(python):
    command = [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    return subprocess.run(command, stdout=subprocess.PIPE, universal_newlines=True).stdout.strip()


def digest(name):
    with open(path(name), "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def path(name):
    return os.path.join(ROOT, name)


def quiet(command):
    try:
        return subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def run(command, env=None):
    if subprocess.call(command, env=env) != 0:
        words = [os.path.relpath(word, ROOT) if os.path.isabs(word) else word for word in command[:4]]
        give_up("This failed, and said why above: %s" % " ".join(words))


def say(text):
    sys.stderr.write(text + "\n")


def give_up(sentence):
    say(sentence)
    sys.exit(1)


if __name__ == "__main__":
    main()
