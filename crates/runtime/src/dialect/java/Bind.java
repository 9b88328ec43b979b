// Events as objects and results as JSON, for handlers that take and give plain objects.

import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

final class Bind {
    /** Objects in objects at most: what refers to itself has no end. */
    private static final int DEEPEST = 500;

    private Bind() {
    }

    /** An event as the handler wants it: a text as it is, anything else from JSON. */
    static Object read(String text, Type type) throws Throwable {
        if (type == String.class) {
            return text;
        }
        return text.trim().isEmpty() ? null : bind(Json.read(text), type);
    }

    /** A result as text: a text as it is, nothing for null, anything else as JSON. */
    static String write(Object result) throws Throwable {
        if (result == null || result instanceof String) {
            return result == null ? "" : (String) result;
        }
        return Json.write(plain(result, 0));
    }

    private static Object bind(Object value, Type type) throws Throwable {
        if (type instanceof GenericArrayType) {
            return array(value, ((GenericArrayType) type).getGenericComponentType());
        }
        Class<?> raw = raw(type);
        if (value == null || raw == Object.class) {
            return value;
        }
        if (value instanceof List) {
            return raw.isArray() ? array(value, raw.getComponentType()) : collection((List<?>) value, raw, inner(type, 0));
        }
        if (value instanceof Map) {
            return Map.class.isAssignableFrom(raw) ? map((Map<?, ?>) value, raw, inner(type, 1)) : bean((Map<?, ?>) value, raw);
        }
        return simple(value, raw);
    }

    private static Class<?> raw(Type type) {
        if (type instanceof Class) {
            return (Class<?>) type;
        }
        if (type instanceof ParameterizedType) {
            return raw(((ParameterizedType) type).getRawType());
        }
        return type instanceof WildcardType ? raw(((WildcardType) type).getUpperBounds()[0]) : Object.class;
    }

    private static Type inner(Type type, int index) {
        Type[] inner = type instanceof ParameterizedType ? ((ParameterizedType) type).getActualTypeArguments() : new Type[0];
        return index < inner.length ? inner[index] : Object.class;
    }

    private static Object array(Object value, Type of) throws Throwable {
        if (!(value instanceof List)) {
            throw misfit(value, raw(of));
        }
        List<?> list = (List<?>) value;
        Object array = Array.newInstance(raw(of), list.size());
        for (int index = 0; index < list.size(); index++) {
            Array.set(array, index, bind(list.get(index), of));
        }
        return array;
    }

    private static Object collection(List<?> list, Class<?> raw, Type of) throws Throwable {
        Collection<Object> found;
        if (raw.isAssignableFrom(ArrayList.class)) {
            found = new ArrayList<Object>();
        } else if (raw == Set.class) {
            found = new LinkedHashSet<Object>();
        } else if (Collection.class.isAssignableFrom(raw)) {
            found = cast(made(raw));
        } else {
            throw misfit(list, raw);
        }
        for (Object one : list) {
            found.add(bind(one, of));
        }
        return found;
    }

    private static Object map(Map<?, ?> map, Class<?> raw, Type of) throws Throwable {
        Map<String, Object> found = raw.isAssignableFrom(LinkedHashMap.class) ? new LinkedHashMap<String, Object>()
            : Bind.<Map<String, Object>>cast(made(raw));
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            found.put((String) entry.getKey(), bind(entry.getValue(), of));
        }
        return found;
    }

    @SuppressWarnings("unchecked")
    private static <T> T cast(Object object) {
        return (T) object;
    }

    /** An object with what it has a setter or a field for; the rest is left out. */
    private static Object bean(Map<?, ?> map, Class<?> raw) throws Throwable {
        if (raw.isPrimitive() || raw.getName().startsWith("java.")) {
            throw misfit(map, raw);
        }
        Object bean = made(raw);
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            String name = (String) entry.getKey();
            Method setter = name.isEmpty() ? null : setter(raw, "set" + Character.toUpperCase(name.charAt(0)) + name.substring(1));
            Field field = setter == null ? field(raw, name) : null;
            if (setter != null) {
                called(setter, bean, bind(entry.getValue(), setter.getGenericParameterTypes()[0]));
            } else if (field != null && !(entry.getValue() == null && field.getType().isPrimitive())) {
                field.set(bean, bind(entry.getValue(), field.getGenericType()));
            }
        }
        return bean;
    }

    private static Object made(Class<?> raw) throws Throwable {
        try {
            java.lang.reflect.Constructor<?> constructor = raw.getDeclaredConstructor();
            constructor.setAccessible(true);
            return constructor.newInstance();
        } catch (InvocationTargetException error) {
            throw error.getCause();
        }
    }

    private static Method setter(Class<?> raw, String name) {
        for (Method method : raw.getMethods()) {
            if (method.getName().equals(name) && method.getParameterTypes().length == 1 && !Modifier.isStatic(method.getModifiers())) {
                method.setAccessible(true);
                return method;
            }
        }
        return null;
    }

    private static Field field(Class<?> raw, String name) {
        for (Class<?> one = raw; one != null; one = one.getSuperclass()) {
            for (Field field : one.getDeclaredFields()) {
                if (field.getName().equals(name) && !Modifier.isStatic(field.getModifiers())) {
                    field.setAccessible(true);
                    return field;
                }
            }
        }
        return null;
    }

    private static Object called(Method method, Object object, Object... arguments) throws Throwable {
        try {
            return method.invoke(object, arguments);
        } catch (InvocationTargetException error) {
            throw error.getCause();
        }
    }

    private static Object simple(Object value, Class<?> raw) {
        if (raw == String.class && !(value instanceof String)) {
            return String.valueOf(value);
        }
        if (value instanceof Number) {
            Object number = number(new BigDecimal(value.toString()), raw);
            if (number != null) {
                return number;
            }
        }
        if (value instanceof Boolean && (raw == boolean.class || raw == Boolean.class)) {
            return value;
        }
        if (value instanceof String && raw.isEnum()) {
            for (Object one : raw.getEnumConstants()) {
                if (((Enum<?>) one).name().equals(value)) {
                    return one;
                }
            }
        }
        if (value instanceof String && ((String) value).length() == 1 && (raw == char.class || raw == Character.class)) {
            return ((String) value).charAt(0);
        }
        if (raw.isInstance(value)) {
            return value;
        }
        throw misfit(value, raw);
    }

    private static Object number(BigDecimal number, Class<?> raw) {
        if (raw == int.class || raw == Integer.class) {
            return number.intValueExact();
        } else if (raw == long.class || raw == Long.class) {
            return number.longValueExact();
        } else if (raw == double.class || raw == Double.class || raw == Number.class) {
            return number.doubleValue();
        } else if (raw == float.class || raw == Float.class) {
            return number.floatValue();
        } else if (raw == short.class || raw == Short.class) {
            return number.shortValueExact();
        } else if (raw == byte.class || raw == Byte.class) {
            return number.byteValueExact();
        } else if (raw == BigInteger.class) {
            return number.toBigIntegerExact();
        } else if (raw == Date.class) {
            return new Date(number.longValueExact());
        }
        return raw == BigDecimal.class ? number : null;
    }

    private static IllegalArgumentException misfit(Object value, Class<?> raw) {
        String kind = value instanceof Map ? "an object" : value instanceof List ? "a list" : String.valueOf(value);
        return new IllegalArgumentException("the event has " + kind + " where the handler has " + raw.getName());
    }

    /** An object as maps, lists, texts, numbers and truths. */
    private static Object plain(Object value, int depth) throws Throwable {
        if (depth > DEEPEST) {
            throw new IllegalStateException("the result is too deep to be written as JSON");
        }
        if (value == null || value instanceof Number || value instanceof Boolean || value instanceof CharSequence) {
            boolean isOdd = value instanceof Double && !Double.isFinite((Double) value) || value instanceof Float && !Float.isFinite((Float) value);
            return isOdd ? value.toString() : value;
        }
        if (value instanceof Date) {
            return ((Date) value).getTime();
        }
        if (value instanceof Map) {
            Map<String, Object> map = new LinkedHashMap<String, Object>();
            for (Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) {
                map.put(String.valueOf(entry.getKey()), plain(entry.getValue(), depth + 1));
            }
            return map;
        }
        if (value instanceof Iterable || value.getClass().isArray()) {
            List<Object> list = new ArrayList<Object>();
            int length = value instanceof Iterable ? 0 : Array.getLength(value);
            for (int index = 0; index < length; index++) {
                list.add(plain(Array.get(value, index), depth + 1));
            }
            for (Object one : value instanceof Iterable ? (Iterable<?>) value : new ArrayList<Object>()) {
                list.add(plain(one, depth + 1));
            }
            return list;
        }
        boolean isText = value instanceof Enum || value.getClass().getName().startsWith("java.");
        return isText ? value.toString() : fields(value, depth);
    }

    /** What an object shows of itself: by its getters, or its fields when it has none. */
    private static Map<String, Object> fields(Object value, int depth) throws Throwable {
        Map<String, Object> found = new TreeMap<String, Object>();
        for (Method method : value.getClass().getMethods()) {
            String name = method.getName();
            int prefix = name.startsWith("get") ? 3 : name.startsWith("is") && method.getReturnType() == boolean.class ? 2 : 0;
            boolean is = prefix > 0 && name.length() > prefix && method.getParameterTypes().length == 0
                && !Modifier.isStatic(method.getModifiers()) && method.getDeclaringClass() != Object.class;
            if (is) {
                method.setAccessible(true);
                String key = Character.toLowerCase(name.charAt(prefix)) + name.substring(prefix + 1);
                found.put(key, plain(called(method, value), depth + 1));
            }
        }
        boolean hasGetters = !found.isEmpty();
        for (Class<?> one = value.getClass(); one != null && one != Object.class; one = one.getSuperclass()) {
            for (Field field : one.getDeclaredFields()) {
                int marks = field.getModifiers();
                boolean isHidden = Modifier.isStatic(marks) || Modifier.isTransient(marks) || field.isSynthetic();
                if (!isHidden && (Modifier.isPublic(marks) || !hasGetters) && !found.containsKey(field.getName())) {
                    field.setAccessible(true);
                    found.put(field.getName(), plain(field.get(value), depth + 1));
                }
            }
        }
        return found;
    }
}
