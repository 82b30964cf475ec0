"""Requests over HTTP."""

import json
import ssl
import urllib.error
import urllib.parse
import urllib.request


def query(
    url,
    method="GET",
    params=None,
    data=None,
    header_dict=None,
    header_list=None,
    username=None,
    password=None,
    auth=None,
    decode=False,
    decode_type="auto",
    status=False,
    headers=False,
    text=False,
    timeout=30,
    verify_ssl=True,
    ca_bundle=None,
    raise_error=True,
    **kwargs
):
    """The answer of a server: `body`, `dict` (decoded), `status`, `headers`, `text` as asked for; `error` if it failed."""
    if params:
        url += ("&" if "?" in url else "?") + (params if isinstance(params, str) else urllib.parse.urlencode(params))
    sent = dict(header_dict or {})
    sent.update(line.split(":", 1) for line in header_list or [] if ":" in line)
    body = urllib.parse.urlencode(data) if isinstance(data, dict) else data
    asked = urllib.request.Request(url, data=body.encode("utf-8") if isinstance(body, str) else body, method=method)
    for name, value in sent.items():
        asked.add_header(name, str(value).strip())
    if username is not None and password is not None:
        import base64

        asked.add_header("Authorization", "Basic " + base64.b64encode(("%s:%s" % (username, password)).encode()).decode())
    context = ssl.create_default_context(cafile=ca_bundle) if url.startswith("https") else None
    if context and not verify_ssl:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    answer = {}
    try:
        with urllib.request.urlopen(asked, timeout=timeout, context=context) as reply:
            return _told(answer, reply, reply.status, decode, decode_type, status, headers, text)
    except urllib.error.HTTPError as error:
        answer["error"] = str(error)
        return _told(answer, error, error.code, decode, decode_type, status, headers, text)
    except (OSError, ValueError) as error:
        answer["error"] = str(getattr(error, "reason", error))
        if status:
            answer["status"] = 0
        return answer


def _told(answer, reply, code, decode, decode_type, status, headers, text):
    body = reply.read()
    kind = reply.headers.get_content_type()
    shown = body.decode(reply.headers.get_content_charset() or "utf-8", "replace")
    if status:
        answer["status"] = code
    if headers:
        answer["headers"] = dict(reply.headers.items())
    if not decode:
        answer["body"] = shown
    elif decode_type == "json" or (decode_type == "auto" and kind.endswith("json")):
        answer["dict"] = json.loads(shown)
    elif decode_type == "yaml" or (decode_type == "auto" and kind.endswith("yaml")):
        import salt.utils.yaml

        answer["dict"] = salt.utils.yaml.safe_load(shown)
    else:
        answer["text"] = shown
    if text:
        answer["text"] = shown
    return answer
