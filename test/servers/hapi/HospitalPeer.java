import ca.uhn.hl7v2.AcknowledgmentCode;
import ca.uhn.hl7v2.DefaultHapiContext;
import ca.uhn.hl7v2.HL7Exception;
import ca.uhn.hl7v2.HapiContext;
import ca.uhn.hl7v2.app.Connection;
import ca.uhn.hl7v2.app.HL7Service;
import ca.uhn.hl7v2.app.Initiator;
import ca.uhn.hl7v2.llp.MinLowerLayerProtocol;
import ca.uhn.hl7v2.model.Message;
import ca.uhn.hl7v2.parser.PipeParser;
import ca.uhn.hl7v2.protocol.ReceivingApplication;
import ca.uhn.hl7v2.protocol.ReceivingApplicationException;
import ca.uhn.hl7v2.util.SocketFactory;
import ca.uhn.hl7v2.util.StandardSocketFactory;
import ca.uhn.hl7v2.util.Terser;
import ca.uhn.hl7v2.validation.impl.ValidationContextFactory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A hospital system built on HAPI HL7v2, as a foreign peer in tests.
 *
 *   server PORT CHARSET        takes any message and answers AA; AE where PID-5 contains 拒
 *                              a query QBP gets RSP^K22 with PID, an order ORM gets ORR^O02 with ORC-1 OK
 *   ask HOST PORT CHARSET N    sends QBP^Q22 and ORM^O01 in turn and checks the reply of the flow
 *   send HOST PORT CHARSET N   sends ADT^A01 and ORU^R01 in turn and checks MSA-1 and MSA-2
 *   pipe HOST PORT CHARSET N   writes N messages at once before it reads an ACK
 */
public class HospitalPeer {
  public static void main(String[] args) throws Exception {
    System.setOut(new PrintStream(System.out, true, "UTF-8"));
    switch (args[0]) {
      case "server" -> serve(Integer.parseInt(args[1]), args[2]);
      case "ask" -> ask(args[1], Integer.parseInt(args[2]), args[3], Integer.parseInt(args[4]));
      case "send" -> send(args[1], Integer.parseInt(args[2]), args[3], Integer.parseInt(args[4]));
      case "pipe" -> pipe(args[1], Integer.parseInt(args[2]), args[3], Integer.parseInt(args[4]));
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  static void serve(int port, String charset) throws Exception {
    HapiContext context = context(charset);
    context.setSocketFactory(loopback(port));
    HL7Service service = context.newServer(port, false);
    service.registerApplication(new ReceivingApplication<Message>() {
      public boolean canProcess(Message message) {
        return true;
      }

      public Message processMessage(Message message, Map<String, Object> metadata) throws ReceivingApplicationException, HL7Exception {
        Terser terser = new Terser(message);
        String kind = terser.get("/MSH-9-1");
        if ("QBP".equals(kind) || "ORM".equals(kind)) return reply(kind, terser.get("/MSH-10"), message);
        String name = terser.get("/.PID-5-1");
        System.out.println("RECEIVED " + terser.get("/MSH-10") + " " + name);
        try {
          if (name != null && name.contains("拒")) return message.generateACK(AcknowledgmentCode.AE, new HL7Exception("号源已满"));
          return message.generateACK();
        } catch (IOException error) {
          throw new HL7Exception(error);
        }
      }
    });
    service.startAndWait();
    System.out.println("READY");
    Thread.currentThread().join();
  }

  static Message reply(String kind, String id, Message request) throws HL7Exception {
    String type = "QBP".equals(kind) ? "RSP^K22" : "ORR^O02";
    String content = "QBP".equals(kind) ? "QAK|Q1|OK\rPID|1||7^^^HIS||张^慭龘\r" : "ORC|OK|P1|F1\r";
    String header = "MSH|^~\\&|HIS|协和医院|GW|平台|20261124120000||" + type + "|R" + id + "|P|2.4||||||GB18030\r";
    return new PipeParser(request.getParser().getHapiContext()).parse(header + "MSA|AA|" + id + "\r" + content);
  }

  static void ask(String host, int port, String charset, int count) throws Exception {
    HapiContext context = context(charset);
    Connection connection = context.newClient(host, port, false);
    Initiator initiator = connection.getInitiator();
    initiator.setTimeout(10, TimeUnit.SECONDS);
    int good = 0;
    for (int i = 0; i < count; i++) {
      boolean isQuery = i % 2 == 0;
      String header = "MSH|^~\\&|HIS|协和医院|GW|平台|20261124120000||" + (isQuery ? "QBP^Q22" : "ORM^O01") + "|ID" + i + "|P|2.4||||||GB18030\r";
      String content = isQuery ? "QPD|Q22^查询|Q" + i + "|@PID.3.1^7\r" : "PID|1||7\rORC|NW|P" + i + "\r";
      String reply = initiator.sendAndReceive(context.getPipeParser().parse(header + content)).encode();
      String wanted = isQuery ? "\rPID|||7||张^慭龘" : "\rORC|OK|P" + i;
      if (reply.contains("\rMSA|AA|ID" + i) && reply.contains(isQuery ? "RSP^K22" : "ORR^O02") && reply.contains(wanted)) good++;
      else System.out.println(reply.replace('\r', '\n'));
    }
    connection.close();
    finish(good, count);
  }

  static void send(String host, int port, String charset, int count) throws Exception {
    HapiContext context = context(charset);
    Connection connection = context.newClient(host, port, false);
    Initiator initiator = connection.getInitiator();
    initiator.setTimeout(10, TimeUnit.SECONDS);
    int good = 0;
    for (int i = 0; i < count; i++) {
      Terser ack = new Terser(initiator.sendAndReceive(context.getPipeParser().parse(message(i))));
      if ("AA".equals(ack.get("/MSA-1")) && ("ID" + i).equals(ack.get("/MSA-2"))) good++;
    }
    connection.close();
    finish(good, count);
  }

  static void pipe(String host, int port, String charset, int count) throws Exception {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int i = 0; i < count; i++) {
      all.write(0x0b);
      all.write(message(i).getBytes(charset));
      all.write(0x1c);
      all.write(0x0d);
    }
    int good = 0;
    try (Socket socket = new Socket(host, port)) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(all.toByteArray());
      InputStream in = socket.getInputStream();
      ByteArrayOutputStream ack = new ByteArrayOutputStream();
      for (int seen = 0; seen < count; ) {
        int next = in.read();
        if (next < 0) break;
        if (next == 0x0b) ack.reset();
        else if (next != 0x1c) ack.write(next);
        else if (ack.toString(charset).contains("\rMSA|AA|ID" + seen++)) good++;
      }
    }
    finish(good, count);
  }

  static void finish(int good, int count) {
    System.out.println("ACKNOWLEDGED " + good + " of " + count);
    System.exit(good == count ? 0 : 1);
  }

  static String message(int i) {
    String header = "MSH|^~\\&|HIS|协和医院|GW|平台|20261124120000||" + (i % 2 == 0 ? "ADT^A01" : "ORU^R01") + "|ID" + i + "|P|2.4||||||GB18030\r";
    String patient = "PID|1||0007" + i + "^^^HIS^MR||张三^慭\\T\\^^^||19800101|M|||北京市东城区\\F\\1号||010-1234\r";
    return header + patient + (i % 2 == 0 ? "PV1|1|I|内科^101^1||||0001^王^医生\r" : "OBR|1|||GLU^葡萄糖^LN\rOBX|1|TX|NOTE^备注||第一行~第二行 龘||||||F\r");
  }

  static HapiContext context(String charset) {
    MinLowerLayerProtocol protocol = new MinLowerLayerProtocol();
    protocol.setCharset(charset);
    DefaultHapiContext context = new DefaultHapiContext(ValidationContextFactory.noValidation());
    context.setLowerLayerProtocol(protocol);
    return context;
  }

  /** HAPI binds 0.0.0.0 of its own accord; a test's peer belongs on loopback. */
  static SocketFactory loopback(int port) {
    return new StandardSocketFactory() {
      @Override
      public ServerSocket createServerSocket() throws IOException {
        return new ServerSocket() {
          @Override
          public void bind(SocketAddress ignored) throws IOException {
            super.bind(new InetSocketAddress("127.0.0.1", port));
          }
        };
      }
    };
  }
}
