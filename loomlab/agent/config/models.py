"""Models from and to their form in a config."""

import inspect
from typing import Any

from loomlab.agent.config.schema.model import ModelTable
from loomlab.agent.config.secrets import value_of
from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.core.protocols import Model, Secrets
from loomlab.model import resolve as names
from loomlab.model.sampled import Sampled, sampled

_PARAMETERS = ("temperature", "max_tokens")
_KNOWN = {"openai": "OpenAIModel", "anthropic": "AnthropicModel", "litellm": "LiteLLMModel", "echo": "EchoModel"}


def check_model(form: Any) -> None:
    """ConfigError where a model's name or an option of it means nothing; makes nothing."""
    if isinstance(form, str):
        names.adapter_of(form)
        return
    adapter, _ = _adapter(form)
    parameters = inspect.signature(names.load_adapter(adapter)).parameters
    open_ended = any(one.kind is one.VAR_KEYWORD for one in parameters.values())
    known = [name for name in parameters if name not in ("client", "secrets", "api_key", "model")]
    for option in _options(form, adapter):
        if option not in known and not open_ended:
            raise ConfigError(f"the model {form.name!r} takes no {option!r}: {did_you_mean(option, known)}")


def make_model(form: ModelTable, secrets: Secrets) -> Model:
    """The model of a table."""
    adapter, name = _adapter(form)
    options = _options(form, adapter)
    if name:
        options = {"secrets": secrets, **options}
    if form.api_key is not None:
        options["api_key"] = value_of(form.api_key, secrets)
    try:
        model: Model = names.load_adapter(adapter)(*([name] if name else []), **options)
    except (TypeError, ValueError) as exc:
        raise ConfigError(f"the model {form.name!r}: {exc}") from exc
    fixed = {key: getattr(form, key) for key in _PARAMETERS if getattr(form, key) is not None}
    return sampled(model, **fixed) if fixed else model


def _adapter(form: ModelTable) -> tuple[str, str]:
    return names.adapter_of(f"{form.provider}:{form.name}" if form.provider else form.name)


def _options(form: ModelTable, adapter: str) -> dict[str, Any]:
    options = dict(form.options or {})
    if form.base_url is not None:
        options["api_base" if adapter == "litellm" else "base_url"] = form.base_url
    return options


def model_form(model: Any) -> Any:
    """The form of a model: its name where that says all, else a table; None for one that no config can make."""
    if isinstance(model, str):
        return model
    if isinstance(model, Sampled):
        inner = model_form(model.inner)
        return None if inner is None else {**({"name": inner} if isinstance(inner, str) else inner), **model.fixed}
    kind = type(model).__name__
    adapter = next((one for one, name in _KNOWN.items() if name == kind), None)
    if adapter is None or names.load_adapter(adapter) is not type(model):
        return _local(model)
    if adapter == "echo":
        return _spared({"name": "echo"}, _changed(model, ("prefix", "chunk_delay_s", "cost_per_token")))
    if adapter == "litellm":
        given = dict(model.litellm_kwargs)
        table = {"name": f"litellm/{model.name}", "base_url": given.pop("api_base", None)}
        return _spared(table, given)
    table = {"name": model.name, "base_url": model.base_url}
    if _resolves_to(model.name) != (adapter, model.name):
        table["provider"] = adapter
    return _spared(table, _changed(model, ("max_tokens",)) if adapter == "anthropic" else {})


def _local(model: Any) -> Any:
    if type(model).__name__ != "LocalModel" or names.load_adapter("local") is not type(model):
        return None
    return _spared({"name": "local"}, model.options)


def _resolves_to(name: str) -> Any:
    try:
        return names.adapter_of(name)
    except ConfigError:
        return None


def _changed(model: Any, attributes: tuple[str, ...]) -> dict[str, Any]:
    """The keywords that are not as the class has them by itself."""
    parameters = inspect.signature(type(model)).parameters
    return {name: getattr(model, name) for name in attributes if getattr(model, name) != parameters[name].default}


def _spared(table: dict[str, Any], options: dict[str, Any]) -> Any:
    table = {key: value for key, value in table.items() if value is not None}
    if options:
        table["options"] = options
    return table["name"] if len(table) == 1 else table
