package example;

import com.aliyun.fc.runtime.Context;
import com.aliyun.fc.runtime.PojoRequestHandler;
import java.util.Map;
import java.util.TreeMap;

public class Texts implements PojoRequestHandler<String, Object> {
    @Override
    public Object handleRequest(String event, Context context) {
        if (event.isEmpty()) {
            return null;
        }
        if (!event.startsWith("map")) {
            return "text " + event;
        }
        Map<String, Object> map = new TreeMap<>();
        map.put("quoted", "\"ä\n\u0001");
        map.put("none", null);
        return map;
    }
}
