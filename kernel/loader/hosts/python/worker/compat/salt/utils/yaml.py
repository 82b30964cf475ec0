"""YAML, by the package PyYAML."""

try:
    import yaml
    from yaml import YAMLError  # noqa: F401
except ImportError as error:
    raise ImportError("salt.utils.yaml needs the Python package PyYAML, which is not installed") from error

SafeOrderedDumper = yaml.SafeDumper


def safe_load(stream, Loader=None):
    return yaml.safe_load(stream)


load = safe_load


def safe_dump(data, stream=None, **kwargs):
    return yaml.safe_dump(data, stream, **{"default_flow_style": False, "allow_unicode": True, "sort_keys": False, **kwargs})


dump = safe_dump
