"""HTML to text. The parsers that do it well fail on deep nesting, so that is counted first."""

import html
import re
from typing import Final

from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig
from selectolax.lexbor import LexborHTMLParser

from services.reader.rules.mail.charsets import shown
from services.reader.rules.mail.limits import LIMITS

_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
_VOID: Final = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
        "p",
        "li",
        "td",
        "tr",
        "th",
        "option",
    ]
)
_NOT_SHOWN: Final = re.compile(
    r"<(script|style|head|title)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.I | re.S
)
_BREAKS: Final = re.compile(r"<(?:br|/?p|/?div|/?tr|/?li|/?h[1-6]|/?blockquote|hr)\b[^<>]*>", re.I)
_ANY_TAG: Final = re.compile(r"<[^<>]{0,5000}>")
_CONFIG: Final = ParserConfig(css=CSS_PROFILES["strict"].copy(), display_links=False, display_images=False)
_XML_DECLARATION: Final = re.compile(r"^\s{0,100}<\?xml[^>]{0,200}\?>")


def text_of_html(source: str) -> str:
    """What a reader of the page would see.

    >>> text_of_html("<p>I feel <b>safe</b> here.<p>Thanks")
    'I feel safe here.\\n\\nThanks'
    """
    if len(source) > LIMITS.html or _deep(source):
        return _stripped(source)
    text = _by_inscriptis(source)
    if not text and _stripped(source):
        text = _by_selectolax(source) or _stripped(source)
    return text


def _deep(source: str) -> bool:
    """More elements open at once than the parsers survive. Elements that HTML closes by itself do not count."""
    depth = 0
    for found in _TAG.finditer(source):
        if found[2].lower() in _VOID:
            continue
        depth += -1 if found[1] else 1
        if depth > LIMITS.html_nesting:
            return True
        depth = max(depth, 0)
    return False


def _by_inscriptis(source: str) -> str:
    try:
        return _tidy(get_text(_XML_DECLARATION.sub("", source), _CONFIG))
    except Exception:  # lxml and inscriptis know many ways to fail; the next reader is tried
        return ""


def _by_selectolax(source: str) -> str:
    try:
        tree = LexborHTMLParser(source)
        tree.strip_tags(["script", "style", "head"])
        return _tidy(tree.body.text(separator=" ", strip=True)) if tree.body else ""
    except Exception:
        return ""


def _stripped(source: str) -> str:
    """Without a parser: in one pass, whatever stands there."""
    bare = _ANY_TAG.sub(" ", _BREAKS.sub("\n", _NOT_SHOWN.sub(" ", source)))
    return _tidy(re.sub(r"[ \t]+", " ", html.unescape(bare)))


def _tidy(text: str) -> str:
    lines = [line.rstrip() for line in shown(text).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
