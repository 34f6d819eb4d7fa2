package hospital;

import jakarta.jws.WebMethod;
import jakarta.jws.WebParam;
import jakarta.jws.WebResult;
import jakarta.jws.WebService;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.CallbackHandler;
import org.apache.cxf.jaxws.JaxWsServerFactoryBean;
import org.apache.cxf.ws.security.wss4j.WSS4JInInterceptor;
import org.apache.cxf.ws.security.wss4j.WSS4JOutInterceptor;
import org.apache.wss4j.common.ext.WSPasswordCallback;

/**
 * java hospital.Reports PORT FOLDER: /plain, /login (UsernameToken digest), /signed (X.509 both ways), /mtom. The folder has
 * server.p12 and trust.p12, password changeit.
 */
public class Reports {
  @WebService(name = "Report", targetNamespace = "http://hospital.cn/report")
  public interface Report {
    @WebMethod
    @WebResult(name = "结果")
    String find(@WebParam(name = "姓名") String name, @WebParam(name = "序号") int number);

    @WebMethod
    @WebResult(name = "文件")
    byte[] store(@WebParam(name = "文件") byte[] file);
  }

  @WebService(
      endpointInterface = "hospital.Reports$Report",
      targetNamespace = "http://hospital.cn/service",
      serviceName = "ReportService",
      portName = "ReportPort")
  public static class Implementation implements Report {
    public String find(String name, int number) {
      return "报告 " + name + " #" + number;
    }

    /** Answers the bytes in reverse order. */
    public byte[] store(byte[] file) {
      byte[] reversed = new byte[file.length];
      for (int i = 0; i < file.length; i++) reversed[i] = file[file.length - 1 - i];
      return reversed;
    }
  }

  public static void main(String[] arguments) throws Exception {
    String base = "http://127.0.0.1:" + arguments[0];
    for (String path : new String[] {"/plain", "/login", "/signed", "/mtom"}) {
      JaxWsServerFactoryBean factory = new JaxWsServerFactoryBean();
      factory.setServiceClass(Implementation.class);
      factory.setServiceBean(new Implementation());
      factory.setAddress(base + path);
      if (path.equals("/mtom")) factory.setProperties(new HashMap<>(Map.of("mtom-enabled", "true")));
      if (path.equals("/login")) factory.getInInterceptors().add(new WSS4JInInterceptor(login()));
      if (path.equals("/signed")) {
        factory.getInInterceptors().add(new WSS4JInInterceptor(signature(arguments[1], "trust.p12", "signatureVerificationPropRefId")));
        factory.getOutInterceptors().add(new WSS4JOutInterceptor(signature(arguments[1], "server.p12", "signaturePropRefId")));
      }
      factory.create();
    }
    System.out.println("READY");
    System.in.read();
    System.exit(0);
  }

  static Map<String, Object> login() {
    Map<String, Object> settings = new HashMap<>();
    settings.put("action", "UsernameToken");
    settings.put("passwordType", "PasswordDigest");
    settings.put("passwordCallbackRef", password("secret"));
    return settings;
  }

  static Map<String, Object> signature(String folder, String store, String reference) {
    Properties crypto = new Properties();
    crypto.put("org.apache.wss4j.crypto.provider", "org.apache.wss4j.common.crypto.Merlin");
    String kind = store.equals("trust.p12") ? "truststore" : "keystore";
    crypto.put("org.apache.wss4j.crypto.merlin." + kind + ".file", folder + "/" + store);
    crypto.put("org.apache.wss4j.crypto.merlin." + kind + ".type", "pkcs12");
    crypto.put("org.apache.wss4j.crypto.merlin." + kind + ".password", "changeit");
    Map<String, Object> settings = new HashMap<>();
    settings.put("action", "Timestamp Signature");
    settings.put("crypto", crypto);
    settings.put(reference, "crypto");
    settings.put("user", "server");
    settings.put("passwordCallbackRef", password("changeit"));
    settings.put("signatureKeyIdentifier", "DirectReference");
    settings.put("signatureAlgorithm", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256");
    settings.put("signatureDigestAlgorithm", "http://www.w3.org/2001/04/xmlenc#sha256");
    settings.put(
        "signatureParts",
        "{}{http://schemas.xmlsoap.org/soap/envelope/}Body;"
            + "{}{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd}Timestamp");
    return settings;
  }

  static CallbackHandler password(String password) {
    return callbacks -> {
      for (Callback callback : callbacks) if (callback instanceof WSPasswordCallback one) one.setPassword(password);
    };
  }
}
