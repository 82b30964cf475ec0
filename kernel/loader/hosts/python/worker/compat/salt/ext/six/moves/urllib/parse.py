from urllib.parse import *  # noqa: F401,F403
from urllib.parse import quote, quote_plus, unquote, unquote_plus, urlencode, urljoin, urlparse, urlsplit, urlunparse  # noqa: F401
