// JSON as maps, lists, texts, numbers and truths.

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

final class Json {
    /** Values in values at most. */
    private static final int DEEPEST = 500;

    private final String text;
    private int at;
    private int depth;

    private Json(String text) {
        this.text = text;
    }

    /** The value of a text. */
    static Object read(String text) {
        Json json = new Json(text);
        Object value = json.value();
        json.skip();
        if (json.at < text.length()) {
            throw json.wrong();
        }
        return value;
    }

    /** The text of a value; keys of maps are written as texts. */
    static String write(Object value) {
        StringBuilder out = new StringBuilder();
        write(value, out);
        return out.toString();
    }

    private static void write(Object value, StringBuilder out) {
        if (value instanceof Map) {
            out.append('{');
            String between = "";
            for (Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) {
                out.append(between);
                quote(String.valueOf(entry.getKey()), out);
                out.append(':');
                write(entry.getValue(), out);
                between = ",";
            }
            out.append('}');
        } else if (value instanceof List) {
            out.append('[');
            String between = "";
            for (Object one : (List<?>) value) {
                out.append(between);
                write(one, out);
                between = ",";
            }
            out.append(']');
        } else if (value == null || value instanceof Boolean || value instanceof Number) {
            out.append(value);
        } else {
            quote(value.toString(), out);
        }
    }

    private static void quote(String text, StringBuilder out) {
        out.append('"');
        for (int index = 0; index < text.length(); index++) {
            char one = text.charAt(index);
            int simple = "\"\\\n\r\t\b\f".indexOf(one);
            if (simple >= 0) {
                out.append('\\').append("\"\\nrtbf".charAt(simple));
            } else if (one < ' ' || Character.isSurrogate(one) && !isPaired(text, index)) {
                out.append(String.format("\\u%04x", (int) one));
            } else {
                out.append(one);
            }
        }
        out.append('"');
    }

    private static boolean isPaired(String text, int index) {
        int other = Character.isHighSurrogate(text.charAt(index)) ? index + 1 : index - 1;
        return other >= 0 && other < text.length() && Character.isSurrogate(text.charAt(other))
            && Character.isHighSurrogate(text.charAt(Math.min(index, other))) && Character.isLowSurrogate(text.charAt(Math.max(index, other)));
    }

    private Object value() {
        skip();
        if (at >= text.length() || ++depth > DEEPEST) {
            throw wrong();
        }
        char first = text.charAt(at);
        Object value = first == '{' ? map() : first == '[' ? list() : first == '"' ? string() : plain();
        depth--;
        return value;
    }

    private Map<String, Object> map() {
        Map<String, Object> map = new LinkedHashMap<String, Object>();
        at++;
        if (next('}')) {
            return map;
        }
        do {
            skip();
            if (at >= text.length() || text.charAt(at) != '"') {
                throw wrong();
            }
            String key = string();
            expect(':');
            map.put(key, value());
        } while (next(','));
        expect('}');
        return map;
    }

    private List<Object> list() {
        List<Object> list = new ArrayList<Object>();
        at++;
        if (next(']')) {
            return list;
        }
        do {
            list.add(value());
        } while (next(','));
        expect(']');
        return list;
    }

    private String string() {
        StringBuilder found = new StringBuilder();
        for (at++; at < text.length(); at++) {
            char one = text.charAt(at);
            if (one == '"') {
                at++;
                return found.toString();
            }
            if (one != '\\') {
                found.append(one);
                continue;
            }
            at++;
            char kind = at < text.length() ? text.charAt(at) : ' ';
            int simple = "\"\\/nrtbf".indexOf(kind);
            if (simple >= 0) {
                found.append("\"\\/\n\r\t\b\f".charAt(simple));
            } else if (kind == 'u' && at + 4 < text.length()) {
                try {
                    found.append((char) Integer.parseInt(text.substring(at + 1, at + 5), 16));
                } catch (NumberFormatException error) {
                    throw wrong();
                }
                at += 4;
            } else {
                throw wrong();
            }
        }
        throw wrong();
    }

    private Object plain() {
        int from = at;
        while (at < text.length() && "+-.".indexOf(text.charAt(at)) >= 0 || at < text.length() && Character.isLetterOrDigit(text.charAt(at))) {
            at++;
        }
        String word = text.substring(from, at);
        switch (word) {
            case "true":
                return true;
            case "false":
                return false;
            case "null":
                return null;
            default:
                return number(word);
        }
    }

    private Object number(String word) {
        if (!word.matches("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]+)?")) {
            throw wrong();
        }
        if (!word.matches("-?[0-9]+")) {
            return new BigDecimal(word);
        }
        if (word.length() < 19) {
            return Long.parseLong(word);
        }
        return new BigInteger(word);
    }

    private boolean next(char wanted) {
        skip();
        boolean is = at < text.length() && text.charAt(at) == wanted;
        at += is ? 1 : 0;
        return is;
    }

    private void expect(char wanted) {
        if (!next(wanted)) {
            throw wrong();
        }
    }

    private void skip() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private IllegalArgumentException wrong() {
        return new IllegalArgumentException("the event is no JSON (at character " + at + ")");
    }
}
