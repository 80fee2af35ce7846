"""Writes regex.json: what CPython re.match says about each pattern and text. Usage: make_regex.py regex.json"""

import re, json, sys, warnings
warnings.simplefilter("ignore")
pats = [r"abc", r"a.c", r"", r"^abc$", r"a*", r"a+b", r"a?b", r"(ab)+c", r"(?:ab|cd)*e", r"[abc]+$", r"[^abc]+$", r"[a-z0-9_]+\Z",
 r"\d+$", r"\w+\s\w+", r"\W", r"\D\S", r"[\d\s]+$", r"[^\w]", r"a{3}$", r"a{2,}$", r"a{,2}$", r"a{1,3}b", r"a{", r"a{}", r"a{x}", r"a{1,x}b",
 r"a{,}b", r"x*?y", r"x+?y$", r"(a+)+$", r"(a|a)*b", r"(a*)*b", r"(|a)+b", r"\bfoo\b", r"foo\b.", r"foo\Bbar", r"\Afoo", r"foo\Z", r"foo$", r"a|b|", r"|a",
 r"(?i)ABC", r"(?i)[a-c]x", r"(?i:ab)c", r"(?i:a)b", r"(?s)a.b", r"(?s:a.)b", r"(?P<name>ab)+$", r"(?#comment)ab", r"a(?#c)*", r"[]a]+$", r"[^]a]+$", r"[a-]+$", r"[-a]+$", r"[a\]b]+$",
 r"\.\*\\", r"\x41\u0042", r"\n", r"\t?a", r"\101", r"\0", r"[\101\b]", r"é+", r"(?i)É", r"[à-ÿ]+$", r"(?i)ß", r"(?i)straße", r"\u00e9", r"e\u0301", r"Pyro\.NameServer$", r"example\.(warehouse|shop)\.\d{1,3}$",
 r"^", r"$", r"^$", r"a^b", r"a$b", r"(^a|b)c", r"(^)*a", r"(a$)?\n", r".{3}$", r".*x", r"((a{2}){2}){2}$", r"(a{0})b", r"(?-i:a)b", r"[a-zA-Z]:\\", r"{", r"{1}", r"}", r"]", r"a{1}{", r"\-\ \#", r"(?i)[^a]", r"(?i)K", r"(?i)[k]",
 # refused by both
 r"*a", r"+", r"?", r"a**", r"a{2}{3}", r"^*", r"\b+", r"(", r")", r"a)", r"(a", r"[", r"[a", r"[^]", r"[z-a]", r"[\w-z]", r"\q", r"\y1", "\\", r"a{3,2}", r"(?P<1a>b)", r"(?P<>b)", r"(?P<a>b)(?P<a>c)", r"(?Z)", r"(?", r"\x4", r"\u12", r"[\Z]", r"[\B]", r"a(?i)b", r"(*a)", r"a|*", r"(?P<a", r"(?#abc", r"\8", r"\1", r"\400", r"(?:a",
]
texts = ["", "a", "b", "c", "ab", "abc", "ABC", "aBc", "aaa", "aaaa", "aaaaaaaa", "aab", "abcd", "abcabc", "ababc", "abcde", "cdabe", "e", "xxy", "y", "xy\n", "foo", "foobar", "foo bar", "foo\n", "foo\n\n", "a\nb", "\n", "a\n", "123", "12a", " 1 ", "-", "]a", "]", "[", "a-", "a]b", ".*\\", "AB", "A", "\t", "\ta", "\0", "\b", "é", "É", "éé", "e\u0301", "ß", "STRASSE", "Straße", "STRAẞE", "٣٤", "²", "_", "a{", "a{}", "a{x}", "a{1,x}b", "{", "{1}", "}", "a{1}{", "- #", "Pyro.NameServer", "Pyro.NameServers", "PyroXNameServer", "example.warehouse.12", "example.shop.1234", "C:\\x", "bc", "ac", "\u2028", "\u00a0a", "word word", "a b", "\u212a", "k", "K", "a{,2}", "日本", "x\ny"]
out=[]
for p in pats:
    try:
        r=re.compile(p)
        out.append({"pattern":p,"matches":[t for t in texts if r.match(t)]})
    except re.error as x:
        out.append({"pattern":p,"error":str(x)})
json.dump({"what":"Python re.match over every text: matching texts, or the error","made_with":"CPython "+sys.version.split()[0]+", re", "texts":texts,"patterns":out}, open(sys.argv[1],"w"), ensure_ascii=True, indent=0)
