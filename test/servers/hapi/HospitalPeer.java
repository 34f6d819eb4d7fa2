import ca.uhn.hl7v2.AcknowledgmentCode;
import ca.uhn.hl7v2.DefaultHapiContext;
import ca.uhn.hl7v2.HL7Exception;
import ca.uhn.hl7v2.HapiContext;
import ca.uhn.hl7v2.app.Connection;
import ca.uhn.hl7v2.app.HL7Service;
import ca.uhn.hl7v2.app.Initiator;
import ca.uhn.hl7v2.llp.HL7Reader;
import ca.uhn.hl7v2.llp.HL7Writer;
import ca.uhn.hl7v2.llp.LLPException;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * A hospital system built on HAPI HL7v2, as a foreign peer in tests.
 *
 *   server PORT CHARSET        takes any message and answers AA; AE where PID-5 contains 拒
 *                              a query QBP gets RSP^K22 with PID, an order ORM gets ORR^O02 with ORC-1 OK
 *   ask HOST PORT CHARSET N    sends QBP^Q22 and ORM^O01 in turn and checks the reply of the flow
 *   send HOST PORT CHARSET N   sends ADT^A01 and ORU^R01 in turn and checks MSA-1 and MSA-2
 *   pipe HOST PORT CHARSET N   writes N messages at once before it reads an ACK
 *   enhanced HOST PORT CHARSET N   asks in the enhanced mode (MSH-15, MSH-16), and reads CA and then the reply on one connection
 *   enhanced-server PORT CHARSET   answers in the enhanced mode: CA, and then RSP^K22
 *
 * With HOSPITAL_TLS, a folder with ca.pem, cert.pem and key.pem, all of it is over TLS, with certificates checked on both sides.
 */
public class HospitalPeer {
  public static void main(String[] args) throws Exception {
    System.setOut(new PrintStream(System.out, true, "UTF-8"));
    switch (args[0]) {
      case "server" -> serve(Integer.parseInt(args[1]), args[2]);
      case "ask" -> ask(args[1], Integer.parseInt(args[2]), args[3], Integer.parseInt(args[4]));
      case "send" -> send(args[1], Integer.parseInt(args[2]), args[3], Integer.parseInt(args[4]));
      case "pipe" -> pipe(args[1], Integer.parseInt(args[2]), args[3], Integer.parseInt(args[4]));
      case "enhanced" -> enhanced(args[1], Integer.parseInt(args[2]), args[3], Integer.parseInt(args[4]));
      case "enhanced-server" -> serveEnhanced(Integer.parseInt(args[1]), args[2]);
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  static void serve(int port, String charset) throws Exception {
    HapiContext context = context(charset);
    context.setSocketFactory(loopback(port));
    HL7Service service = context.newServer(port, TLS != null);
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
    Connection connection = context.newClient(host, port, TLS != null);
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
    Connection connection = context.newClient(host, port, TLS != null);
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

  static void enhanced(String host, int port, String charset, int count) throws Exception {
    int good = 0;
    try (Socket socket = TLS == null ? new Socket(host, port) : TLS.getSocketFactory().createSocket(host, port)) {
      socket.setSoTimeout(10_000);
      MinLowerLayerProtocol protocol = protocol(charset);
      HL7Writer writer = protocol.getWriter(socket.getOutputStream());
      HL7Reader reader = protocol.getReader(socket.getInputStream());
      PipeParser parser = context(charset).getPipeParser();
      for (int i = 0; i < count; i++) {
        String header = "MSH|^~\\&|HIS|协和医院|GW|平台|20261124120000||QBP^Q22|ID" + i + "|P|2.4|||AL|AL||GB18030\r";
        writer.writeMessage(parser.encode(parser.parse(header + "QPD|Q22^查询|Q" + i + "|@PID.3.1^7\r")));
        Terser accepted = new Terser(parser.parse(reader.getMessage()));
        Message reply = parser.parse(reader.getMessage());
        Terser replied = new Terser(reply);
        boolean isAccepted = "CA".equals(accepted.get("/MSA-1")) && ("ID" + i).equals(accepted.get("/MSA-2"));
        boolean isReplied = "AA".equals(replied.get("/MSA-1")) && ("ID" + i).equals(replied.get("/MSA-2")) && reply.encode().contains("\rPID|||7||张^慭龘");
        if (isAccepted && isReplied) good++;
        else System.out.println(accepted.get("/MSA-1") + " " + reply.encode().replace('\r', '\n'));
      }
    }
    finish(good, count);
  }

  static void serveEnhanced(int port, String charset) throws Exception {
    MinLowerLayerProtocol protocol = protocol(charset);
    PipeParser parser = context(charset).getPipeParser();
    SocketFactory sockets = loopback(port);
    try (ServerSocket server = TLS == null ? sockets.createServerSocket() : sockets.createTlsServerSocket()) {
      server.bind(null);
      System.out.println("READY");
      while (true) {
        try (Socket socket = server.accept()) {
          HL7Reader reader = protocol.getReader(socket.getInputStream());
          HL7Writer writer = protocol.getWriter(socket.getOutputStream());
          for (String text = reader.getMessage(); text != null; text = reader.getMessage()) {
            Message request = parser.parse(text);
            writer.writeMessage(parser.encode(request.generateACK(AcknowledgmentCode.CA, null)));
            writer.writeMessage(parser.encode(reply("QBP", new Terser(request).get("/MSH-10"), request)));
          }
        } catch (IOException | LLPException gone) {
          // The peer has closed its connection, or only looked whether the port is open.
        }
      }
    }
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
    DefaultHapiContext context = new DefaultHapiContext(ValidationContextFactory.noValidation());
    context.setLowerLayerProtocol(protocol(charset));
    if (TLS != null) context.setSocketFactory(loopback(0));
    return context;
  }

  static MinLowerLayerProtocol protocol(String charset) {
    MinLowerLayerProtocol protocol = new MinLowerLayerProtocol();
    protocol.setCharset(charset);
    return protocol;
  }

  static final SSLContext TLS = readTls();

  /** Returns null without HOSPITAL_TLS. */
  static SSLContext readTls() {
    String folder = System.getenv("HOSPITAL_TLS");
    if (folder == null) return null;
    try {
      CertificateFactory certificates = CertificateFactory.getInstance("X.509");
      String key = Files.readString(Path.of(folder, "key.pem")).replaceAll("-----[A-Z ]+-----|\\s", "");
      PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(Base64.getDecoder().decode(key));
      Certificate own = certificates.generateCertificate(Files.newInputStream(Path.of(folder, "cert.pem")));
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null);
      store.setKeyEntry("own", KeyFactory.getInstance(own.getPublicKey().getAlgorithm()).generatePrivate(spec), new char[0], new Certificate[] {own});
      store.setCertificateEntry("ca", certificates.generateCertificate(Files.newInputStream(Path.of(folder, "ca.pem"))));
      KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(store, new char[0]);
      TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(store);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
      return context;
    } catch (IOException | GeneralSecurityException error) {
      throw new IllegalStateException(error);
    }
  }

  /** HAPI binds 0.0.0.0 of its own accord; a test's peer belongs on loopback. */
  static SocketFactory loopback(int port) {
    return new StandardSocketFactory() {
      @Override
      public Socket createTlsSocket() throws IOException {
        return TLS.getSocketFactory().createSocket();
      }

      @Override
      public ServerSocket createTlsServerSocket() throws IOException {
        return new ServerSocket() {
          @Override
          public void bind(SocketAddress ignored) throws IOException {
            super.bind(new InetSocketAddress("127.0.0.1", port));
          }

          @Override
          public Socket accept() throws IOException {
            Socket plain = super.accept();
            SSLSocket secure = (SSLSocket) TLS.getSocketFactory().createSocket(plain, null, plain.getPort(), true);
            secure.setUseClientMode(false);
            secure.setNeedClientAuth(true);
            return secure;
          }
        };
      }

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
