package example;

import com.aliyun.fc.runtime.Context;
import com.aliyun.fc.runtime.FunctionInitializer;
import com.aliyun.fc.runtime.PreStopHandler;
import com.aliyun.fc.runtime.StreamRequestHandler;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Paths;

public class Streams implements StreamRequestHandler, FunctionInitializer, PreStopHandler {
    private int count;

    @Override
    public void initialize(Context context) throws IOException {
        if ("cold".equals(System.getenv("STAGE"))) {
            throw new IllegalStateException("cold");
        }
        context.getLogger().info("got ready");
        count++;
    }

    @Override
    public void preStop(Context context) throws IOException {
        Files.write(Paths.get(System.getenv("OUT")), "stopped".getBytes());
    }

    @Override
    public void handleRequest(InputStream input, OutputStream output, Context context) throws IOException {
        ByteArrayOutputStream event = new ByteArrayOutputStream();
        byte[] part = new byte[65536];
        for (int size = input.read(part); size >= 0; size = input.read(part)) {
            event.write(part, 0, size);
        }
        switch (event.size() > 20 ? "" : event.toString()) {
            case "throw":
                throw new IOException("oops");
            case "cause":
                try {
                    throw new IOException("deep");
                } catch (IOException error) {
                    throw new IllegalStateException("wide", error);
                }
            case "exit":
                System.exit(3);
                break;
            case "sleep":
                try {
                    Thread.sleep(60000);
                } catch (InterruptedException error) {
                    throw new IOException(error);
                }
                break;
            case "meet":
                meet();
                break;
            case "log":
                log(context);
                break;
            case "count":
                output.write(("" + count++).getBytes());
                return;
            case "told":
                output.write(told(context).getBytes("UTF-8"));
                return;
            default:
        }
        event.writeTo(output);
    }

    private static final java.util.concurrent.CyclicBarrier MEETING = new java.util.concurrent.CyclicBarrier(2);

    private static void meet() throws IOException {
        try {
            MEETING.await(10, java.util.concurrent.TimeUnit.SECONDS);
        } catch (Exception error) {
            throw new IOException("alone", error);
        }
    }

    private static void log(Context context) throws IOException {
        System.out.println("plain ä");
        context.getLogger().info("hello world");
        context.getLogger().error("bad");
        if (System.in.read() != -1) {
            throw new IOException("there is input");
        }
    }

    private static String told(Context context) {
        return String.join(" ", context.getRequestId(), context.getExecutionCredentials().getAccessKeyId(),
            context.getExecutionCredentials().getAccessKeySecret(), context.getExecutionCredentials().getSecurityToken(),
            context.getFunctionParam().getFunctionName(), context.getFunctionParam().getFunctionHandler(),
            "" + context.getFunctionParam().getMemoryLimitInMB(), "" + context.getFunctionParam().getExecTimeLimitInMillis(),
            context.getService().getLogProject(), context.getService().getVersionId(), "" + context.getRetryCount(),
            System.getenv("STAGE"), context.toString(), "" + context.equals(context) + (context.hashCode() != 0),
            context.getTracing().getSpanContext(), context.getTracing().getJaegerEndpoint(), "" + context.getTracing().getSpanBaggages());
    }
}
