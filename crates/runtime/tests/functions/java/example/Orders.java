package example;

import com.aliyun.fc.runtime.Context;
import com.aliyun.fc.runtime.PojoRequestHandler;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

public class Orders implements PojoRequestHandler<Orders.Order, Orders.Bill> {
    public enum Kind { SMALL, LARGE }

    public static class Item {
        public String name;
        public double price;
    }

    public static class Order {
        private String customer;
        private List<Item> items = new ArrayList<>();
        private Map<String, Integer> counts = new HashMap<>();
        private Kind kind;
        public long[] numbers;
        boolean paid;

        public void setCustomer(String customer) {
            this.customer = customer + "!";
        }
    }

    public static class Bill {
        private final double total;
        private final Order order;

        Bill(double total, Order order) {
            this.total = total;
            this.order = order;
        }

        public double getTotal() {
            return total;
        }

        public Kind getKind() {
            return order.kind;
        }

        public boolean isPaid() {
            return order.paid;
        }

        public Object getFor() {
            return order.customer;
        }

        public List<Item> getItems() {
            return order.items;
        }

        public long[] getNumbers() {
            return order.numbers;
        }
    }

    @Override
    public Bill handleRequest(Order order, Context context) {
        double total = 0;
        for (Item item : order.items) {
            total += item.price * order.counts.getOrDefault(item.name, 1);
        }
        return new Bill(total, order);
    }
}
