// What is wrong: with the names by which handlers are found, and the vendor's JSON of any error.

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

final class Failure extends Exception {
    private static final long serialVersionUID = 1;

    private final String type;

    Failure(String type, String message) {
        super(message, null, false, false);
        this.type = type;
    }

    /** The vendor's JSON of an error. */
    static byte[] document(Throwable error) {
        Map<String, Object> document = new LinkedHashMap<String, Object>();
        document.put("errorMessage", error.getMessage());
        document.put("errorType", name(error));
        if (!(error instanceof Failure)) {
            Throwable cause = error;
            for (int depth = 0; cause.getCause() != null && depth < 100; depth++) {
                cause = cause.getCause();
            }
            document.put("errorCause", cause.getMessage());
            List<Object> trace = new ArrayList<Object>();
            for (StackTraceElement frame : frames(error)) {
                trace.add(place(frame));
            }
            document.put("stackTrace", trace);
        }
        return Json.write(document).getBytes(StandardCharsets.UTF_8);
    }

    /** An error as a person reads it. */
    static String text(Throwable error) {
        if (error instanceof Failure) {
            return name(error) + ": " + error.getMessage();
        }
        StringWriter text = new StringWriter();
        for (Throwable one = error; one != null && one.getCause() != one; one = one.getCause()) {
            one.setStackTrace(frames(one).toArray(new StackTraceElement[0]));
        }
        error.printStackTrace(new PrintWriter(text, true));
        return text.toString().trim();
    }

    private static String name(Throwable error) {
        return error instanceof Failure ? ((Failure) error).type : error.getClass().getName();
    }

    /** The frames of the user's code: those before ours, and before what called it for us. */
    private static List<StackTraceElement> frames(Throwable error) {
        List<StackTraceElement> frames = new ArrayList<StackTraceElement>();
        for (StackTraceElement frame : error.getStackTrace()) {
            if (frame.getClassName().startsWith("Code") && "Code.java".equals(frame.getFileName())) {
                break;
            }
            frames.add(frame);
        }
        if (frames.size() == error.getStackTrace().length) {
            return frames;
        }
        while (!frames.isEmpty() && isReflection(frames.get(frames.size() - 1).getClassName())) {
            frames.remove(frames.size() - 1);
        }
        return frames;
    }

    private static boolean isReflection(String name) {
        return name.startsWith("java.lang.reflect.") || name.startsWith("jdk.internal.reflect.") || name.startsWith("sun.reflect.");
    }

    private static String place(StackTraceElement frame) {
        String line = frame.getLineNumber() < 0 ? "" : ":" + frame.getLineNumber();
        String file = frame.isNativeMethod() ? "Native Method" : frame.getFileName() == null ? "Unknown Source" : frame.getFileName() + line;
        return frame.getClassName() + "." + frame.getMethodName() + "(" + file + ")";
    }
}
