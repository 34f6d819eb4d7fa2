import ca.uhn.hl7v2.AcknowledgmentCode;
import ca.uhn.hl7v2.DefaultHapiContext;
import ca.uhn.hl7v2.HL7Exception;
import ca.uhn.hl7v2.HapiContext;
import ca.uhn.hl7v2.app.HL7Service;
import ca.uhn.hl7v2.hoh.encoder.Hl7OverHttpRequestEncoder;
import ca.uhn.hl7v2.hoh.encoder.Hl7OverHttpResponseDecoder;
import ca.uhn.hl7v2.hoh.llp.Hl7OverHttpLowerLayerProtocol;
import ca.uhn.hl7v2.hoh.util.ServerRoleEnum;
import ca.uhn.hl7v2.model.Message;
import ca.uhn.hl7v2.protocol.ReceivingApplication;
import ca.uhn.hl7v2.protocol.ReceivingApplicationException;
import ca.uhn.hl7v2.util.StandardSocketFactory;
import ca.uhn.hl7v2.util.Terser;
import ca.uhn.hl7v2.validation.impl.ValidationContextFactory;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * A hospital system that speaks HL7 over HTTP by the library of HAPI, as a foreign peer in tests.
 *
 *   server PORT                                takes any message and answers AA with the status 200; AE with 500 where PID-5 contains 拒
 *   send PORT PATH CHARSET N TOKEN CA-FILE     sends ADT^A01 by TLS with a bearer token, and checks MSA-1, MSA-2 and the name in the ACK
 */
public class HohPeer {
  public static void main(String[] args) throws Exception {
    System.setOut(new PrintStream(System.out, true, "UTF-8"));
    if (args[0].equals("server")) serve(Integer.parseInt(args[1]));
    else send(Integer.parseInt(args[1]), args[2], args[3], Integer.parseInt(args[4]), args[5], args[6]);
  }

  static void serve(int port) throws Exception {
    HapiContext context = context();
    context.setLowerLayerProtocol(new Hl7OverHttpLowerLayerProtocol(ServerRoleEnum.SERVER));
    context.setSocketFactory(loopback(port));
    HL7Service service = context.newServer(port, false);
    service.registerApplication(new ReceivingApplication<Message>() {
      public boolean canProcess(Message message) {
        return true;
      }

      public Message processMessage(Message message, Map<String, Object> metadata) throws ReceivingApplicationException, HL7Exception {
        try {
          String name = new Terser(message).get("/PID-5-1");
          System.out.println("GOT " + new Terser(message).get("/MSH-10") + " " + name);
          return message.generateACK(name.contains("拒") ? AcknowledgmentCode.AE : AcknowledgmentCode.AA, null);
        } catch (IOException error) {
          throw new ReceivingApplicationException(error);
        }
      }
    });
    service.startAndWait();
    System.out.println("READY");
  }

  static void send(int port, String path, String charset, int count, String token, String caFile) throws Exception {
    int good = 0;
    for (int i = 0; i < count; i++) {
      Hl7OverHttpRequestEncoder request = new Hl7OverHttpRequestEncoder();
      request.setHost("127.0.0.1");
      request.setPort(port);
      request.setPath(path);
      request.setCharset(Charset.forName(charset));
      request.setMessage("MSH|^~\\&|HIS|协和医院|GW|平台|20261124120000||ADT^A01|HOH" + i + "|P|2.4||||||" + nameOf(charset) + "\rPID|1||7||张^慭龘\r");
      request.encode();
      try (SSLSocket socket = (SSLSocket) trusting(caFile).getSocketFactory().createSocket("127.0.0.1", port)) {
        // The library writes only the login by name and password.
        StringBuilder head = new StringBuilder(request.getActionLine()).append("\r\n");
        request.getHeaders().forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
        head.append("Authorization: Bearer ").append(token).append("\r\n\r\n");
        OutputStream out = socket.getOutputStream();
        out.write(head.toString().getBytes(StandardCharsets.UTF_8));
        out.write(request.getData());
        out.flush();
        Hl7OverHttpResponseDecoder response = new Hl7OverHttpResponseDecoder();
        response.setReadTimeout(10_000);
        response.readHeadersAndContentsFromInputStreamAndDecode(socket.getInputStream());
        Terser ack = new Terser(context().getPipeParser().parse(response.getMessage()));
        boolean isAcknowledged = "AA".equals(ack.get("/MSA-1")) && ("HOH" + i).equals(ack.get("/MSA-2"));
        if (isAcknowledged && "协和医院".equals(ack.get("/MSH-6")) && response.getConformanceProblems().isEmpty()) good++;
        else System.out.println(response.getConformanceProblems() + " " + response.getMessage().replace('\r', '\n'));
      }
    }
    System.out.println("ACKNOWLEDGED " + good + " of " + count);
    System.exit(good == count ? 0 : 1);
  }

  /** As HL7 names it in MSH-18. */
  static String nameOf(String charset) {
    return charset.equals("GB18030") ? "GB 18030-2000" : "UNICODE UTF-8";
  }

  static HapiContext context() {
    HapiContext context = new DefaultHapiContext();
    context.setValidationContext(ValidationContextFactory.noValidation());
    return context;
  }

  static SSLContext trusting(String caFile) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null);
    store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(Files.newInputStream(Path.of(caFile))));
    TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  /** HAPI binds 0.0.0.0 by default; a peer of a test belongs on loopback. */
  static StandardSocketFactory loopback(int port) {
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
