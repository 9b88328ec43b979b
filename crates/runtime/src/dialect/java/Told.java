// What code is told of a call: objects of the vendor's interfaces, as they are in the code, made of names and answers.

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.text.SimpleDateFormat;
import java.util.Arrays;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TimeZone;

final class Told {
    private static final List<String> LEVELS = Arrays.asList("trace", "debug", "info", "warn", "error", "fatal");

    private final Map<String, Object> answers = new HashMap<String, Object>();
    /** The least level that is written, by its place in the list; for all requests. */
    private volatile int least;
    /** Where spans are to be sent. */
    private final String jaeger;

    @SuppressWarnings("unchecked")
    Told(Map<String, Object> load) {
        Map<String, Object> known = (Map<String, Object>) load.get("context");
        answers.put("getExecutionCredentials", answers(
            "getAccessKeyId", known.get("keyId"), "getAccessKeySecret", known.get("keySecret"), "getSecurityToken", known.get("token")));
        answers.put("getFunctionParam", answers(
            "getFunctionName", known.get("function"), "getFunctionHandler", load.get("handler"),
            "getFunctionInitializer", load.get("initializer"), "getMemoryLimitInMB", known.get("memory"),
            "getExecTimeLimitInMillis", ((Number) known.get("timeout")).longValue() * 1000));
        answers.put("getService", answers(
            "getName", "", "getLogProject", known.get("logProject"), "getLogStore", known.get("logStore"),
            "getQualifier", known.get("qualifier"), "getVersionId", known.get("version")));
        jaeger = (String) known.get("jaeger");
        answers.put("getRegion", known.get("region"));
        answers.put("getAccountId", known.get("account"));
    }

    /** The context of one request, as an object of the vendor's interface. */
    Object context(Class<?> type, Map<String, Object> asked) {
        final String request = (String) asked.get("request");
        Map<String, Object> all = new HashMap<String, Object>(answers);
        all.put("getRequestId", request);
        all.put("getRetryCount", asked.get("retries"));
        Object span = asked.get("span");
        Answers tracing = answers(
            "getSpanContext", span == null ? "" : span, "getJaegerEndpoint", jaeger, "getSpanBaggages", new HashMap<String, String>());
        all.put("getTracing", tracing);
        all.put("getOpenTracing", tracing);
        all.put("getLogger", new InvocationHandler() {
            @Override
            public Object invoke(Object self, Method method, Object[] arguments) {
                return log(request, self, method, arguments);
            }
        });
        return object(type, new Answers(all));
    }

    /** A line of the log as the vendor has it: time, request, level, text. */
    static void line(String request, String level, String text) {
        SimpleDateFormat format = new SimpleDateFormat("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT);
        format.setTimeZone(TimeZone.getTimeZone("UTC"));
        System.out.println(format.format(new Date()) + " " + request + " [" + level + "] " + text);
    }

    private Object log(String request, Object self, Method method, Object[] arguments) {
        int level = LEVELS.indexOf(method.getName());
        if (level >= 0 && arguments != null) {
            if (level >= least) {
                line(request, method.getName().toUpperCase(Locale.ROOT), String.valueOf(arguments[0]));
            }
            return null;
        }
        if (method.getName().equals("setLogLevel") && arguments != null) {
            least = Math.max(0, LEVELS.indexOf(String.valueOf(arguments[0]).toLowerCase(Locale.ROOT)));
            return null;
        }
        return ofObject(self, method, arguments);
    }

    private static Object object(Class<?> type, InvocationHandler handler) {
        return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler);
    }

    private static Answers answers(Object... pairs) {
        Map<String, Object> all = new HashMap<String, Object>();
        for (int index = 0; index < pairs.length; index += 2) {
            all.put((String) pairs[index], pairs[index + 1]);
        }
        return new Answers(all);
    }

    /** What every object can do; nothing, zero or false for what is not known. */
    private static Object ofObject(Object self, Method method, Object[] arguments) {
        switch (method.getName()) {
            case "hashCode":
                return System.identityHashCode(self);
            case "equals":
                return self == arguments[0];
            case "toString":
                return self.getClass().getInterfaces()[0].getSimpleName();
            default:
                return converted(0, method.getReturnType());
        }
    }

    private static Object converted(Object value, Class<?> type) {
        if (value instanceof Number && type.isPrimitive()) {
            Number number = (Number) value;
            return type == int.class ? (Object) number.intValue() : type == long.class ? (Object) number.longValue()
                : type == boolean.class ? (Object) (number.intValue() != 0) : type == double.class ? (Object) number.doubleValue() : null;
        }
        return type.isInstance(value) ? value : null;
    }

    /** Answers by the names of methods. */
    private static final class Answers implements InvocationHandler {
        private final Map<String, Object> answers;

        Answers(Map<String, Object> answers) {
            this.answers = answers;
        }

        @Override
        public Object invoke(Object self, Method method, Object[] arguments) {
            Object answer = answers.get(method.getName());
            if (answer instanceof InvocationHandler) {
                return object(method.getReturnType(), (InvocationHandler) answer);
            }
            return answer == null ? ofObject(self, method, arguments) : converted(answer, method.getReturnType());
        }
    }
}
