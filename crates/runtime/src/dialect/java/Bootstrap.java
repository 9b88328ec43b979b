// Runs a handler: waits for its code to be named, loads it, then answers events, side by side when there are several.
// No syntax that Java 8 does not know.

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

public final class Bootstrap {
    /** The vendor's limit for the answer to a call that waits. */
    private static final int LONGEST_ANSWER = 32 << 20;

    private final DataInputStream received;
    private final OutputStream sent;
    private Code code;

    private Bootstrap() {
        // The protocol's socket is where standard input would be. A descriptor is one, whatever is done with it.
        received = new DataInputStream(new java.io.BufferedInputStream(new FileInputStream(FileDescriptor.in), 1 << 16));
        sent = new FileOutputStream(FileDescriptor.in);
    }

    public static void main(String[] arguments) throws Exception {
        // Code finds an empty input, and its lines reach the log when they are written.
        System.setIn(new ByteArrayInputStream(new byte[0]));
        System.setOut(new PrintStream(new FileOutputStream(FileDescriptor.out), true, "UTF-8"));
        System.setErr(new PrintStream(new FileOutputStream(FileDescriptor.err), true, "UTF-8"));
        new Bootstrap().run();
    }

    private void run() throws IOException {
        Map<String, Object> load = head();
        payload();
        try {
            code = new Code(load);
        } catch (Throwable error) {
            System.out.println(Failure.text(error));
            send(load, "unhandled", Failure.document(error));
            return;
        }
        send(load, null, new byte[0]);
        boolean alone = ((Number) load.get("concurrency")).intValue() == 1;
        while (true) {
            final Map<String, Object> asked = head();
            final byte[] event = payload();
            Runnable answer = new Runnable() {
                @Override
                public void run() {
                    answer(asked, event);
                }
            };
            if (alone) {
                answer.run();
            } else {
                Thread thread = new Thread(answer, "request " + asked.get("request"));
                thread.setDaemon(true);
                thread.setContextClassLoader(code.loader());
                thread.start();
            }
        }
    }

    private void answer(Map<String, Object> asked, byte[] event) {
        String kind = (String) asked.get("t");
        String request = (String) asked.get("request");
        String name = kind.equals("invoke") ? "Invoke" : kind.equals("initialize") ? "Initialize" : "PreStop";
        System.out.println("FC " + name + " Start RequestId: " + request);
        String failed = null;
        String suffix = "";
        byte[] payload;
        try {
            payload = code.answer(kind, asked, event);
            if (payload.length > LONGEST_ANSWER) {
                throw new IllegalStateException("the result has " + payload.length + " bytes; it may have " + LONGEST_ANSWER);
            }
        } catch (Throwable error) {
            failed = "unhandled";
            suffix = ", Error: Unhandled function error";
            payload = Failure.document(error);
            Told.line(request, "ERROR", Failure.text(error));
        }
        System.out.println("FC " + name + " End RequestId: " + request + suffix);
        try {
            send(asked, failed, payload);
        } catch (IOException gone) {
            leave();
        }
    }

    private int headLength;
    private int payloadLength;

    @SuppressWarnings("unchecked")
    private Map<String, Object> head() {
        try {
            headLength = received.readInt();
            payloadLength = received.readInt();
            return (Map<String, Object>) Json.read(new String(bytes(headLength), StandardCharsets.UTF_8));
        } catch (IOException gone) {
            leave();
            return new LinkedHashMap<String, Object>();
        }
    }

    private byte[] payload() {
        try {
            return bytes(payloadLength);
        } catch (IOException gone) {
            leave();
            return new byte[0];
        }
    }

    private byte[] bytes(int length) throws EOFException, IOException {
        byte[] bytes = new byte[length];
        received.readFully(bytes);
        return bytes;
    }

    private synchronized void send(Map<String, Object> asked, String error, byte[] payload) throws IOException {
        Map<String, Object> head = new LinkedHashMap<String, Object>();
        head.put("id", asked.get("id"));
        if (error != null) {
            head.put("error", error);
        }
        byte[] text = Json.write(head).getBytes(StandardCharsets.UTF_8);
        ByteBuffer all = ByteBuffer.allocate(8 + text.length + payload.length);
        all.putInt(text.length).putInt(payload.length).put(text).put(payload);
        sent.write(all.array());
    }

    /** The other end is gone, and so is the reason to be here. */
    private static void leave() {
        Runtime.getRuntime().halt(0);
    }
}
