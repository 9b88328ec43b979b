// The user's code, loaded: its handlers by reflection over the vendor's interfaces, which are in the code or in a layer.

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

final class Code {
    private static final String PACKAGE = "com.aliyun.fc.runtime.";

    private final URLClassLoader loader;
    private final Told told;
    /** Handlers of one class share an object. */
    private final Map<Class<?>, Object> objects = new HashMap<Class<?>, Object>();
    private final Handler invoke;
    private final Handler initialize;
    private final Handler preStop;

    Code(Map<String, Object> load) throws Throwable {
        loader = new URLClassLoader(places((String) load.get("code"), (String) load.get("layers")), ClassLoader.getSystemClassLoader().getParent());
        Thread.currentThread().setContextClassLoader(loader);
        told = new Told(load);
        invoke = handler((String) load.get("handler"), "StreamRequestHandler", "PojoRequestHandler");
        initialize = handler((String) load.get("initializer"), "FunctionInitializer");
        preStop = handler((String) load.get("preStop"), "PreStopHandler");
    }

    ClassLoader loader() {
        return loader;
    }

    byte[] answer(String kind, Map<String, Object> asked, byte[] event) throws Throwable {
        if (!kind.equals("invoke")) {
            Handler hook = kind.equals("initialize") ? initialize : preStop;
            hook.call(told.context(hook.context(), asked));
            return new byte[0];
        }
        Object context = told.context(invoke.context(), asked);
        if (invoke.isStream()) {
            ByteArrayOutputStream output = new ByteArrayOutputStream();
            invoke.call(new ByteArrayInputStream(event), output, context);
            return output.toByteArray();
        }
        Object input = Bind.read(new String(event, StandardCharsets.UTF_8), invoke.method.getGenericParameterTypes()[0]);
        return Bind.write(invoke.call(input, context)).getBytes(StandardCharsets.UTF_8);
    }

    /** Where classes are looked for: the code's folder, jars in it and in its `lib`, jars of layers. */
    private static URL[] places(String code, String layers) throws MalformedURLException {
        List<URL> places = new ArrayList<URL>();
        places.add(new File(code).toURI().toURL());
        for (String folder : new String[] {code, code + "/lib", layers + "/java/lib"}) {
            File[] files = new File(folder).listFiles();
            if (files == null) {
                continue;
            }
            Arrays.sort(files);
            for (File file : files) {
                if (file.getName().endsWith(".jar")) {
                    places.add(file.toURI().toURL());
                }
            }
        }
        return places.toArray(new URL[0]);
    }

    /** What a name such as `example.App::handleRequest` stands for; nothing when there is none. */
    private Handler handler(String name, String... interfaces) throws Throwable {
        if (name == null) {
            return null;
        }
        int colons = name.indexOf("::");
        if (colons <= 0 || colons + 2 == name.length()) {
            throw new Failure("InvalidHandleName", "Invalid handler '" + name + "': it is not of the form package.Class::method");
        }
        Class<?> type = type(name.substring(0, colons));
        for (String one : interfaces) {
            Method method = isA(type, PACKAGE + one) ? method(type, name.substring(colons + 2), one) : null;
            if (method != null) {
                return new Handler(object(type), method);
            }
        }
        String needed = String.join(" or ", interfaces);
        throw new Failure("HandlerNotFound", "Handler '" + name + "' is missing: the class must implement " + needed
            + " of com.aliyun.fc.runtime, and the method be that of the interface");
    }

    private Class<?> type(String name) throws Throwable {
        try {
            return Class.forName(name, true, loader);
        } catch (ClassNotFoundException error) {
            throw new Failure("ImportModuleError", "Unable to load class '" + name + "': the code has no such class");
        } catch (NoClassDefFoundError error) {
            if (!String.valueOf(error.getMessage()).startsWith(PACKAGE.replace('.', '/'))) {
                throw error;
            }
            throw new NoClassDefFoundError(error.getMessage() + " is not in the code: put fc-java-core into its package or a layer");
        }
    }

    private Object object(Class<?> type) throws Throwable {
        Object object = objects.get(type);
        if (object == null) {
            try {
                object = type.getDeclaredConstructor().newInstance();
            } catch (InvocationTargetException error) {
                throw error.getCause();
            }
            objects.put(type, object);
        }
        return object;
    }

    private static boolean isA(Class<?> type, String name) {
        for (Class<?> one = type; one != null; one = one.getSuperclass()) {
            for (Class<?> declared : one.getInterfaces()) {
                if (declared.getName().equals(name) || isA(declared, name)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** The method as the class has it, not as the interface does: its parameters say what they are. */
    private static Method method(Class<?> type, String name, String of) {
        int count = of.equals("StreamRequestHandler") ? 3 : of.equals("PojoRequestHandler") ? 2 : 1;
        for (Method method : type.getMethods()) {
            Class<?>[] parameters = method.getParameterTypes();
            boolean fits = method.getName().equals(name) && parameters.length == count && !method.isBridge();
            if (fits && parameters[count - 1].getName().equals(PACKAGE + "Context") && (count < 3 || isStream(parameters))) {
                // The class need not be public for its method to be called.
                method.setAccessible(true);
                return method;
            }
        }
        return null;
    }

    private static boolean isStream(Class<?>[] parameters) {
        return parameters.length == 3 && parameters[0] == InputStream.class && parameters[1] == OutputStream.class;
    }

    private static final class Handler {
        private final Object object;
        private final Method method;

        Handler(Object object, Method method) {
            this.object = object;
            this.method = method;
        }

        boolean isStream() {
            return Code.isStream(method.getParameterTypes());
        }

        Class<?> context() {
            Class<?>[] parameters = method.getParameterTypes();
            return parameters[parameters.length - 1];
        }

        Object call(Object... arguments) throws Throwable {
            try {
                return method.invoke(object, arguments);
            } catch (InvocationTargetException error) {
                throw error.getCause();
            }
        }
    }
}
