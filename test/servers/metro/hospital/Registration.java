package hospital;

import com.sun.net.httpserver.HttpServer;
import com.sun.xml.ws.developer.Serialization;
import jakarta.jws.WebMethod;
import jakarta.jws.WebParam;
import jakarta.jws.WebResult;
import jakarta.jws.WebService;
import jakarta.xml.bind.annotation.XmlAccessType;
import jakarta.xml.bind.annotation.XmlAccessorType;
import jakarta.xml.soap.SOAPConstants;
import jakarta.xml.soap.SOAPFactory;
import jakarta.xml.ws.BindingType;
import jakarta.xml.ws.Endpoint;
import jakarta.xml.ws.WebFault;
import jakarta.xml.ws.WebServiceException;
import jakarta.xml.ws.handler.MessageContext;
import jakarta.xml.ws.handler.soap.SOAPHandler;
import jakarta.xml.ws.handler.soap.SOAPMessageContext;
import jakarta.xml.ws.soap.SOAPBinding;
import jakarta.xml.ws.soap.SOAPFaultException;
import java.math.BigDecimal;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import javax.xml.namespace.QName;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * A hospital's registration service (挂号) on Metro JAX-WS, for tests. Prints "READY port".
 * /reg11 SOAP 1.1 · /reg12 SOAP 1.2 · /reggbk SOAP 1.1 answering in GBK · /regsec SOAP 1.1 with WS-Security UsernameToken (lab/secret, text or digest).
 */
public class Registration {
  static final String NAMESPACE = "http://hospital.cn/reg";

  @XmlAccessorType(XmlAccessType.FIELD)
  public static class Reg {
    public String 姓名;
    public String idCard;
    public String deptCode;
    public int 序号;
    public BigDecimal fee;
  }

  @XmlAccessorType(XmlAccessType.FIELD)
  public static class RegResult {
    public String code;
    public String message;
    public String 就诊号;
    public Reg reg;
    public List<String> 提示;
  }

  @XmlAccessorType(XmlAccessType.FIELD)
  public static class FaultDetail {
    public String errorCode;
    public String 原因;
  }

  @WebFault(name = "RegFault")
  public static class RegException extends Exception {
    private final FaultDetail detail;

    public RegException(String message, FaultDetail detail) {
      super(message);
      this.detail = detail;
    }

    public FaultDetail getFaultInfo() {
      return detail;
    }
  }

  @WebService(targetNamespace = NAMESPACE, name = "RegPort")
  public interface RegPort {
    @WebMethod(action = "urn:register")
    @WebResult(name = "result")
    RegResult register(@WebParam(name = "reg") Reg reg) throws RegException;

    @WebMethod(action = "urn:slow")
    @WebResult(name = "result")
    String slow(@WebParam(name = "ms") int ms);
  }

  public static class Desk implements RegPort {
    public RegResult register(Reg reg) throws RegException {
      if (reg == null || reg.姓名 == null || reg.姓名.isEmpty()) {
        FaultDetail detail = new FaultDetail();
        detail.errorCode = "E001";
        detail.原因 = "姓名不能为空";
        throw new RegException("挂号失败", detail);
      }
      RegResult result = new RegResult();
      result.code = "0";
      result.message = "挂号成功：慭龘";
      result.就诊号 = "MZ007";
      result.reg = reg;
      result.提示 = List.of("请提前30分钟", "带身份证 <&>");
      return result;
    }

    public String slow(int ms) {
      try {
        Thread.sleep(ms);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
      return "完成";
    }
  }

  @WebService(targetNamespace = NAMESPACE, serviceName = "RegService", portName = "Port11", endpointInterface = "hospital.Registration$RegPort")
  public static class Desk11 extends Desk {}

  @WebService(targetNamespace = NAMESPACE, serviceName = "RegService", portName = "Port12", endpointInterface = "hospital.Registration$RegPort")
  @BindingType(SOAPBinding.SOAP12HTTP_BINDING)
  public static class Desk12 extends Desk {}

  @WebService(targetNamespace = NAMESPACE, serviceName = "RegService", portName = "PortGbk", endpointInterface = "hospital.Registration$RegPort")
  @Serialization(encoding = "GBK")
  public static class DeskGbk extends Desk {}

  /** Lets only lab/secret in; a digest's nonce is good once and for five minutes. */
  static class UsernameTokens implements SOAPHandler<SOAPMessageContext> {
    static final String WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
    static final String WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
    private final Set<String> nonces = Collections.synchronizedSet(new HashSet<>());

    public Set<QName> getHeaders() {
      return Set.of(new QName(WSSE, "Security"));
    }

    public boolean handleMessage(SOAPMessageContext context) {
      if ((Boolean) context.get(MessageContext.MESSAGE_OUTBOUND_PROPERTY)) return true;
      try {
        var header = context.getMessage().getSOAPHeader();
        NodeList tokens = header == null ? null : header.getElementsByTagNameNS(WSSE, "UsernameToken");
        if (tokens == null || tokens.getLength() == 0) throw refuse("缺少用户令牌");
        Element token = (Element) tokens.item(0);
        if (!"lab".equals(text(token, WSSE, "Username")) || !isRight(token)) throw refuse("用户名或口令错误");
        return true;
      } catch (SOAPFaultException refused) {
        throw refused;
      } catch (Exception failed) {
        throw new WebServiceException(failed);
      }
    }

    private boolean isRight(Element token) throws Exception {
      Element password = (Element) token.getElementsByTagNameNS(WSSE, "Password").item(0);
      String given = password.getTextContent().trim();
      if (!password.getAttribute("Type").endsWith("#PasswordDigest")) return "secret".equals(given);
      String nonce = text(token, WSSE, "Nonce");
      String created = text(token, WSU, "Created");
      MessageDigest digest = MessageDigest.getInstance("SHA-1");
      digest.update(Base64.getDecoder().decode(nonce));
      digest.update(created.getBytes(StandardCharsets.UTF_8));
      digest.update("secret".getBytes(StandardCharsets.UTF_8));
      boolean isFresh = Math.abs(Instant.parse(created).toEpochMilli() - System.currentTimeMillis()) < 300_000;
      return Base64.getEncoder().encodeToString(digest.digest()).equals(given) && nonces.add(nonce) && isFresh;
    }

    private static String text(Element parent, String namespace, String name) {
      NodeList found = parent.getElementsByTagNameNS(namespace, name);
      return found.getLength() == 0 ? null : found.item(0).getTextContent().trim();
    }

    private static SOAPFaultException refuse(String message) throws Exception {
      var factory = SOAPFactory.newInstance(SOAPConstants.SOAP_1_1_PROTOCOL);
      return new SOAPFaultException(factory.createFault(message, new QName(WSSE, "FailedAuthentication", "wsse")));
    }

    public boolean handleFault(SOAPMessageContext context) {
      return true;
    }

    public void close(MessageContext context) {}
  }

  public static void main(String[] arguments) throws Exception {
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 50);
    server.setExecutor(Executors.newFixedThreadPool(16));
    Map<String, RegPort> desks = Map.of("reg11", new Desk11(), "reg12", new Desk12(), "reggbk", new DeskGbk(), "regsec", new Desk11());
    for (var desk : desks.entrySet()) {
      Endpoint endpoint = Endpoint.create(desk.getValue());
      if (desk.getKey().equals("regsec")) endpoint.getBinding().setHandlerChain(List.of(new UsernameTokens()));
      endpoint.publish(server.createContext("/" + desk.getKey()));
    }
    server.start();
    System.out.println("READY " + server.getAddress().getPort());
  }
}
