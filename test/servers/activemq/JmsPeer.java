import jakarta.jms.BytesMessage;
import jakarta.jms.Connection;
import jakarta.jms.MapMessage;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import jakarta.jms.StreamMessage;
import jakarta.jms.TextMessage;
import java.util.ArrayList;
import java.util.List;
import org.apache.activemq.ActiveMQConnectionFactory;

/**
 * A client of JMS, as hospitals have it. java -cp 'lib/*' JmsPeer.java PORT send QUEUE: sends one message of each kind.
 * … receive QUEUE COUNT: prints kind, JMS fields and text of so many messages, one a line.
 */
public class JmsPeer {
  public static void main(String[] args) throws Exception {
    Connection connection = new ActiveMQConnectionFactory("lab", "lab-secret", "tcp://127.0.0.1:" + args[0]).createConnection();
    connection.start();
    Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
    Queue queue = session.createQueue(args[2]);
    if (args[1].equals("send")) send(session, session.createProducer(queue));
    else receive(session.createConsumer(queue), Integer.parseInt(args[3]));
    connection.close();
  }

  private static void send(Session session, MessageProducer producer) throws Exception {
    TextMessage text = session.createTextMessage("挂号成功：张三");
    text.setStringProperty("hospital", "协和医院");
    text.setIntProperty("number", 7);
    text.setJMSType("ADT");
    text.setJMSCorrelationID("corr-1");
    producer.send(text);
    BytesMessage bytes = session.createBytesMessage();
    bytes.writeBytes("心内科".getBytes("GBK"));
    producer.send(bytes);
    MapMessage map = session.createMapMessage();
    map.setString("姓名", "李四");
    map.setInt("age", 42);
    map.setBytes("raw", new byte[] {1, 2, 3});
    producer.send(map);
    StreamMessage stream = session.createStreamMessage();
    stream.writeString("流");
    stream.writeInt(1);
    producer.send(stream);
    producer.send(session.createObjectMessage(new ArrayList<>(List.of("a", "b"))));
    producer.send(session.createMessage());
  }

  private static void receive(MessageConsumer consumer, int count) throws Exception {
    for (int n = 0; n < count; n += 1) {
      Message message = consumer.receive(20000);
      String fields = message.getJMSType() + " " + message.getJMSCorrelationID() + " " + message.getStringProperty("ward") + " ";
      if (message instanceof TextMessage text) System.out.println("text " + fields + text.getText());
      if (message instanceof BytesMessage bytes) {
        byte[] content = new byte[(int) bytes.getBodyLength()];
        bytes.readBytes(content);
        System.out.println("bytes " + fields + new String(content, "GBK"));
      }
    }
  }
}
