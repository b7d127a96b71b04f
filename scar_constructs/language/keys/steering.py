"""Variables from which programs take orders: where to look for code, what to run, whom to trust.

No such list is complete, and none has to be: a caller over HTTP sets nothing but what the file
lists. This one keeps a file from listing what is known to be dangerous. It is drawn from what sudo
removes (https://www.sudo.ws/docs/man/sudoers.man/, env_delete), from the loader's own variables
(https://man7.org/linux/man-pages/man8/ld.so.8.html), and from the manuals of shells and languages.
"""

from __future__ import annotations

_NAMES = frozenset(
    {
        *("PATH", "HOME", "SHELL", "USER", "LOGNAME", "PWD", "OLDPWD", "TMPDIR", "TMP", "TEMP"),
        # shells: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html
        *("ENV", "BASH_ENV", "BASHOPTS", "SHELLOPTS", "IFS", "PS1", "PS4", "PROMPT_COMMAND"),
        *("CDPATH", "GLOBIGNORE", "FPATH", "ZDOTDIR", "NULLCMD", "READNULLCMD", "TMPPREFIX"),
        # programs that other programs start
        *("EDITOR", "VISUAL", "PAGER", "BROWSER", "CC", "CXX", "LD", "MAKEFLAGS", "MFLAGS"),
        # the C library
        *("GCONV_PATH", "GETCONF_DIR", "GLIBC_TUNABLES", "HOSTALIASES", "LIBPATH", "LOCALDOMAIN"),
        *("LOCPATH", "NIS_PATH", "NLSPATH", "PATH_LOCALE", "RESOLV_HOST_CONF", "RES_OPTIONS"),
        *("SHLIB_PATH", "TERMCAP", "TERMINFO", "TERMINFO_DIRS", "TERMPATH", "TZDIR"),
        # languages
        *("CLASSPATH", "PHPRC", "PHP_INI_SCAN_DIR", "TCLLIBPATH", "SSLKEYLOGFILE", "WGETRC"),
    }
)
_STARTS = (
    *("LD_", "DYLD_", "LDR_", "_RLD", "MALLOC_", "BASH_FUNC_"),
    *("PYTHON", "PERL", "RUBY", "GEM_", "BUNDLE_", "NODE_", "npm_", "NPM_", "YARN_", "LUA_", "R_"),
    *("JAVA_", "JDK_", "_JAVA_", "MAVEN_", "GRADLE_", "DOTNET_", "CORECLR_", "COMPlus_", "ERL_"),
    *("GOFLAGS", "GOPATH", "GOPROXY", "GOROOT", "GOTOOLCHAIN", "CARGO_", "RUSTC", "RUSTFLAGS"),
    *("JULIA_", "MPLCONFIGDIR", "MPLBACKEND", "CONDA_", "PIP_", "UV_"),
    *("GIT_", "SSH_", "SSL_", "OPENSSL_", "CURL_", "KRB5", "XDG_", "MAGICK_", "GDAL_"),
    *("DOCKER_", "ECS_", "AWS_", "SCAR_", "CONT_VAR_"),
)
_ENDS = ("_PROXY", "_proxy", "_OPTS", "_OPTIONS", "_PRELOAD", "_LIBRARY_PATH", "_CA_BUNDLE")


def steers_programs(name: str) -> bool:
    """Whether a caller who sets the variable is known to steer a program by it."""
    return name in _NAMES or name.startswith(_STARTS) or name.endswith(_ENDS)


def hides_when_empty(name: str) -> bool:
    """Whether the variable, set to nothing, takes away what the platform or the image has set, so
    that nobody means it: credentials, region and endpoints, programs, and a place for files."""
    return name.startswith("AWS_") or name in ("PATH", "HOME", "TMPDIR")
